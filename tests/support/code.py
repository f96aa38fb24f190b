"""Where the code under test lies: in the check-out, or installed from a wheel."""

import ast
from importlib.resources import files
from pathlib import Path

CODE = Path(str(files("domain"))).parent


def modules(package: str) -> list[Path]:
    """Every module of a package of ours; a package without one would test nothing."""
    found = sorted(Path(str(files(package))).rglob("*.py"))
    if not found:
        raise FileNotFoundError(f"no module of {package} in {CODE}")
    return found


def imported(file: Path) -> set[str]:
    """The top-level names that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names
