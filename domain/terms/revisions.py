"""The values of a deadline: its next one, and how it came to its present day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from domain.case.context import Context
from domain.case.state import Deadline
from domain.terms.certificates import CertificateLink, LinkKind, document
from domain.terms.counting import Calendar, Certificate, Term, days_before, local_day

# The events that give a term that runs a later day, those that let one that stood still go on, and
# by what they are called in its certificate; every other event begins it anew.
LINKS: Final[Mapping[str, LinkKind]] = {
    "order_void": "extended",
    "deadline_moved": "extended",
    "calendar_changed": "recomputed",
    "edition_moved": "extended",
    "term_extended": "extended",
    "review_extended": "extended",
    "deadline_corrected": "corrected",
}
RESUMING: Final = frozenset(
    (
        "resumed",
        "co_payment_received",
        "decided_for_supplier",
        "heard",
        "intention_withdrawn",
        "attachment_provided",
    )
)
BEGUN_PAUSED: Final = "paused"


def certified(context: Context, term: str, certificate: Certificate) -> Deadline:
    """The next value of a term. A reminder that is past already is dropped (row C2)."""
    present = context.period.deadlines.get(term)
    reminders = {
        ahead: days_before(certificate, Term.parse(ahead), context.calendar)
        for ahead in context.edition.terms[term].reminders
    }
    return Deadline(
        term=term,
        revision=present.revision + 1 if present else 1,
        expires_at=certificate.expires_at,
        last_day=certificate.last_day,
        certificate=certificate.to_json(),
        reminders={code: at for code, at in reminders.items() if at > context.message.at},
    )


@dataclass(frozen=True, slots=True)
class Halt:
    """That a term stands still from an instant on: by which event, and its legal basis."""

    event: str
    at: datetime
    basis: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """One value of a deadline, with the event that made it: its code, instant and legal basis.

    `halt`: the term then stood still, until the next value at the latest.
    """

    number: int
    certificate: Certificate
    event: str
    at: datetime
    basis: str | None
    halt: Halt | None = None

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
    first, before = revisions[place], revisions[place:]
    return document(
        first.certificate,
        calendar,
        event=first.event,
        instant=first.instant,
        chain=[*_chain(before)],
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
    before, after = old.certificate.last_day, new.certificate.last_day
    if old.halt is not None:
        return new.event in RESUMING | LINKS.keys() and after >= before
    return new.event in LINKS and after > before


def _chain(revisions: Sequence[Revision]) -> Iterator[CertificateLink]:
    """Each later day, and each time that the term stood still."""
    for place, one in enumerate(revisions):
        if place:
            yield _link(revisions[place - 1], one)
        if one.halt is not None:
            day = one.certificate.last_day
            article = one.halt.basis or one.certificate.article
            yield CertificateLink("paused", day, day, one.halt.event, article, one.halt.at)


def _link(old: Revision, new: Revision) -> CertificateLink:
    """A term that was only counted anew names the calendar: `calendar_changed:kz-2027-01`."""
    kind = LINKS.get(new.event, "resumed") if old.halt is None else "resumed"
    anew = f":{new.certificate.calendar}" if LINKS.get(new.event) == "recomputed" else ""
    return CertificateLink(
        kind=kind,
        from_day=old.certificate.last_day,
        to_day=new.certificate.last_day,
        why=new.event + anew,
        article=new.basis or new.certificate.article,
        at=new.at,
    )


def revision_of(row: Mapping[str, Any], certificate: Mapping[str, object]) -> Revision:
    """From a row of the file, and the certificate apart.

    The row has `revision`, `type`, `at`, `basis`, `stands_still`, and where the term stood still
    later `halted_by`, `halted_at` and `halted_on` (the basis).
    """
    halt = None
    if row["stands_still"]:
        halt = Halt(BEGUN_PAUSED, row["at"], row["basis"])
    elif row["halted_by"]:
        halt = Halt(row["halted_by"], row["halted_at"], row["halted_on"])
    return Revision(
        number=row["revision"],
        certificate=Certificate.from_json(certificate),
        event=row["type"],
        at=row["at"],
        basis=row["basis"],
        halt=halt,
    )
