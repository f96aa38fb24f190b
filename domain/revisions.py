"""How a deadline came to its present day: the certificate it began with, and each later change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.certificates import Link, LinkKind, document
from domain.terms import Calendar, Certificate, local_day

# The events that give a term that runs a later day; every other event begins it anew.
LINKS: Final[Mapping[str, LinkKind]] = {
    "order_void": "extended",
    "deadline_moved": "extended",
    "calendar_changed": "recomputed",
    "edition_moved": "extended",
}


@dataclass(frozen=True, slots=True)
class Revision:
    """One value of a deadline, with the event that made it: its code, instant and legal basis."""

    number: int
    certificate: Certificate
    event: str
    at: datetime
    basis: str | None

    @property
    def instant(self) -> datetime | None:
        """When that happened which began the term.

        None where the term is counted from another day than that of the event: from the day of a
        delivery, say, of which a receipt told later.
        """
        return self.at if local_day(self.at) == self.certificate.start else None


def as_document(revisions: Sequence[Revision], calendar: Calendar) -> dict[str, object]:
    """The last of these values of a deadline, in full: what began it, and how it has moved since.

    `revisions` are all up to that value, the first one first; `calendar` is the one with which the
    term was begun (`begun(revisions)`).
    """
    place = _begin(revisions)
    first, later = revisions[place], revisions[place + 1 :]
    before = revisions[place:]
    return document(
        first.certificate,
        calendar,
        event=first.event,
        instant=first.instant,
        chain=[_link(old, new) for old, new in zip(before, later, strict=False)],
    )


def begun(revisions: Sequence[Revision]) -> Revision:
    """The value from which the chain of the last one starts."""
    return revisions[_begin(revisions)]


def _begin(revisions: Sequence[Revision]) -> int:
    place = len(revisions) - 1
    while place and _continues(revisions[place - 1], revisions[place]):
        place -= 1
    return place


def _continues(old: Revision, new: Revision) -> bool:
    """A term that had stopped may begin anew on an earlier day: then nothing was moved."""
    return new.event in LINKS and new.certificate.last_day > old.certificate.last_day


def _link(old: Revision, new: Revision) -> Link:
    """A term that was only counted anew names the calendar: `calendar_changed:kz-2027-01`."""
    kind = LINKS[new.event]
    anew = f":{new.certificate.calendar}" if kind == "recomputed" else ""
    return Link(
        kind=kind,
        from_day=old.certificate.last_day,
        to_day=new.certificate.last_day,
        why=new.event + anew,
        article=new.basis or new.certificate.article,
        at=new.at,
    )


def revision_of(row: Mapping[str, Any], certificate: Mapping[str, object]) -> Revision:
    """From a row of the file: `revision`, `type`, `at`, `basis`, and the certificate apart."""
    return Revision(
        number=row["revision"],
        certificate=Certificate.from_json(certificate),
        event=row["type"],
        at=row["at"],
        basis=row["basis"],
    )
