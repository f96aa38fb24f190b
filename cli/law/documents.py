"""All documents of the law by their names, and how those on disk differ from them."""

from pathlib import Path

from cli.law.acceptance import read_proofs
from cli.law.diagram import diagram
from cli.law.listing import listing
from cli.law.pages import POLICY, article, article_name, index, policy
from cli.law.sources import LawSources, read_law, row_ids
from definitions.wording import LANGUAGES

FOLDER = Path("docs/law")


def law_of(root: Path) -> LawSources:
    """The law of this build with the tests of a check-out; raises NoTests."""
    return read_law(read_proofs(root, row_ids()))


def documents(law: LawSources) -> dict[str, str]:
    """The text of each document by its name below the folder; the same for the same law."""
    made = {}
    for language in LANGUAGES:
        made[f"index.{language}.md"] = index(law, language)
        made[f"{POLICY}.{language}.md"] = policy(law, language)
        made[f"process.{language}.md"] = listing(law, language)
        made[f"process.{language}.svg"] = diagram(law, language)
        for one in law.articles:
            made[f"articles/{article_name(one)}.{language}.md"] = article(law, one, language)
    return made


def write_documents(root: Path, made: dict[str, str]) -> list[str]:
    """Bring the folder in step; answers with the names of what was written or removed."""
    changed = out_of_step(root, made)
    for name in changed:
        file = root / FOLDER / name
        if name in made:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(made[name].encode())
        else:
            file.unlink()
    return changed


def out_of_step(root: Path, made: dict[str, str]) -> list[str]:
    """The names of documents that are missing, other, or no longer of this law."""
    folder = root / FOLDER
    held = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }
    wanted = {name: content.encode() for name, content in made.items()}
    return sorted(
        name for name in held.keys() | wanted.keys() if held.get(name) != wanted.get(name)
    )
