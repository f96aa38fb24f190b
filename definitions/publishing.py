"""Publish an edition of the law: prove it, simulate it, tell what it changes, and fix its hash."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from definitions.command_forms import form_faults
from definitions.editions import DefinitionInvalid, read_edition, texts_in
from definitions.proofs import contradictions, needed_texts
from definitions.wording import codes
from domain.forecasts.decided_again import differences
from domain.forecasts.paths import choices_of, simulate
from domain.process import Edition

FOLDER: Final = Path("definitions")
# Neither a value nor a text of the law.
ASIDE: Final = {"process", "hash"}


@dataclass(frozen=True, slots=True)
class EditionDifference:
    """One value that an edition has otherwise than the one it follows, by its path."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Publication:
    """What is to be published.

    Every problem; the new `chapters` that lie beside its file; the differences to the edition it
    follows; `ways` to each end as rows; `unused` rows and statuses, to which nothing comes under
    this edition.
    """

    code: str | None
    hash: str | None
    follows: str | None
    problems: tuple[str, ...]
    chapters: tuple[str, ...]
    changes: tuple[EditionDifference, ...]
    ways: dict[str, tuple[str, ...]]
    unused: tuple[str, ...]
    published: bool


def prepare(root: Path, file: Path) -> Publication:
    """Prove the edition in a file beside those of a check-out; nothing is written."""
    known, texts = _published(root), texts_in(root / FOLDER / "editions")
    kept, beside = texts_in(root / FOLDER / "process"), texts_in(file.parent)
    try:
        new = read_edition(file.read_text("utf-8"), {**kept, **beside})
    except DefinitionInvalid as error:
        return Publication(None, None, None, tuple(str(error).split("; ")), (), (), {}, (), False)
    others = {name: read_edition(one, kept) for name, one in texts.items() if name != new.code}
    of_file = [name for name in new.chapters if name in beside and beside[name] != kept.get(name)]
    before = _followed(new, others.values())
    simulation = simulate(new.process, choices_of(new))
    known_then = {**known, new.code: known.get(new.code, new.hash)}
    found = contradictions({**others, new.code: new}, known_then)
    missing = sorted(needed_texts(new.process) - set(codes()))
    altered = (f"the chapter {n} was published, and has changed" for n in of_file if n in kept)
    endless = (f"status {code}: no way leads to an end" for code in simulation.endless)
    words = (f"there is no text {code}" for code in missing)
    problems = (*found, *altered, *endless, *words, *form_faults((*others.values(), new)))
    return Publication(
        code=new.code,
        hash=new.hash,
        follows=before.code if before else None,
        problems=problems,
        chapters=tuple(of_file),
        changes=tuple(changes(before, new)) if before else (),
        ways=simulation.ways,
        unused=simulation.unused,
        published=known.get(new.code) == new.hash,
    )


def publish(root: Path, file: Path, publication: Publication) -> None:
    """Put the edition and its chapters into the check-out, its hash among the published ones."""
    assert publication.code is not None, "what has problems is not published"
    kept = root / FOLDER / "editions" / f"{publication.code}.toml"
    if not kept.exists() or not kept.samefile(file):
        kept.write_bytes(file.read_bytes())
    for name in publication.chapters:
        new = (file.parent / f"{name}.toml").read_bytes()
        (root / FOLDER / "process" / f"{name}.toml").write_bytes(new)
    if not publication.published:
        with (root / FOLDER / "published.toml").open("a", encoding="utf-8") as hashes:
            hashes.write(f'{publication.code} = "{publication.hash}"\n')


def changes(before: Edition, after: Edition) -> Iterator[EditionDifference]:
    """What differs: values and terms, then statuses, terms and messages of the process, its rows.

    A row is known by its id and message; of several by their order.
    """
    old, new = (one.model_dump(mode="json", exclude=ASIDE) for one in (before, after))
    yield from (EditionDifference(*found) for found in differences(old, new))
    old, new = (_process_of(one) for one in (before, after))
    yield from (EditionDifference(f"process.{path}", a, b) for path, a, b in differences(old, new))


def _process_of(one: Edition) -> dict[str, Any]:
    plain = one.process.model_dump(mode="json", exclude={"rows"})
    rows: dict[str, Any] = {}
    for row in one.process.rows:
        number, name = 1, f"{row.id} {row.on}"
        while name in rows:
            number += 1
            name = f"{row.id} {row.on} ({number})"
        rows[name] = row.model_dump(mode="json", exclude={"id", "on"}, exclude_defaults=True)
    return {**plain, "rows": rows}


def _followed(new: Edition, others: Any) -> Edition | None:
    """The edition that is in force on the day before, or the latest of those that begin earlier."""
    earlier = [one for one in others if one.valid_from < new.valid_from]
    return max(earlier, key=lambda one: (one.valid_from, one.precedence), default=None)


def _published(root: Path) -> dict[str, str]:
    source = (root / FOLDER / "published.toml").read_text("utf-8")
    return {code: str(hash_) for code, hash_ in tomllib.loads(source)["editions"].items()}
