"""The proof bundle of every case that was played, made and checked as others would."""

from collections.abc import Sequence
from pathlib import Path

from cli.demo.board import StoryCourse
from cli.offline.bundle_check import checked
from cli.reach import reached_settings
from db.auditing import at_one_instant
from db.bounds import UNBOUND
from db.bundles import bundle
from db.engine import make_engine
from db.heads import link_left, list_heads, make_head
from db.sealing import Seal


def prove_bundles(home: Path, courses: Sequence[StoryCourse]) -> dict[str, list[str]]:
    """By reference what does not hold in the bundle of a case; nothing where all does.

    A head is made first, so that it has all of them.
    """
    settings = reached_settings(home)
    key = settings.signs_heads
    assert key is not None, "a local stack has one"
    sealer = Seal(settings.person_key_ring, settings.person_index)
    engine = make_engine(settings.database_url, most=2, bounds=UNBOUND)
    found: dict[str, list[str]] = {}
    try:
        for _ in link_left(engine):
            pass
        made = make_head(engine, key)
        for course in courses:
            if course.case is None:
                continue
            with at_one_instant(engine) as connection:
                kept = {one.number: one.jws for one in list_heads(connection, 0, made.number)}
                archive = bundle(connection, sealer, course.case)
            found[course.reference or course.case] = [
                f"{name}: {fault}"
                for name, holds, faults in checked(archive, kept)
                if holds is False or (holds is None and name == "inclusion")
                for fault in faults or ("not proven",)
            ]
    finally:
        engine.dispose()
    return found
