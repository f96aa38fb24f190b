"""A deadline from its certificate: the next revision, with reminders for the time still ahead."""

from domain.case import Deadline
from domain.context import Context
from domain.terms import Certificate, Term, days_before


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
