"""Builds the wheel and runs the tests on it, far from the check-out, as an installation has it."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
# What the tests read beside the installed packages.
BESIDE = (
    *("tests", "docs", "deploy", "pyproject.toml", "README.md", "Makefile"),
    "requirements.lock",
)


def copy_tree(source: Path) -> None:
    """The files that are under version control, or may come under it, as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)


def build(folder: Path) -> Path:
    """The wheel, from the files that are under version control alone."""
    source = folder / "source"
    copy_tree(source)
    made = folder / "dist"
    _run(
        sys.executable,
        "-m",
        "build",
        "--quiet",
        "--wheel",
        "--no-isolation",
        "-o",
        str(made),
        str(source),
    )
    return next(made.glob("*.whl"))


def missing(wheel: Path, source: Path) -> list[str]:
    """Files of the packages that the wheel does not carry."""
    carried = set(zipfile.ZipFile(wheel).namelist())
    packages = {Path(name).parts[0] for name in carried if "/" in name and ".dist-info" not in name}
    files = (file for package in packages for file in (source / package).rglob("*"))
    names = {str(file.relative_to(source)) for file in files if file.is_file()}
    return sorted(name for name in names - carried if not name.endswith(".md"))


def main(arguments: list[str]) -> int:
    with TemporaryDirectory(prefix="ozhb-wheel-") as name:
        folder = Path(name)
        wheel = build(folder)
        if forgotten := missing(wheel, folder / "source"):
            sys.stderr.write("the wheel lacks: " + ", ".join(forgotten) + "\n")
            return 1
        python = folder / "venv" / "bin" / "python"
        _run(sys.executable, "-m", "venv", str(folder / "venv"))
        pip = (str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install")
        _run(*pip, "--require-hashes", "-r", str(ROOT / "requirements-dev.lock"))
        _run(*pip, "--no-deps", str(wheel))
        beside = folder / "beside"
        beside.mkdir()
        for part in BESIDE:
            if (folder / "source" / part).exists():
                (folder / "source" / part).rename(beside / part)
        tests = [str(python), "-P", "-m", "pytest", *arguments]
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return subprocess.run(tests, cwd=beside, env=clean, check=False).returncode


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
