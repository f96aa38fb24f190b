"""Who may be a supplier on the portal, why one is removed, and when one may come back (SC 167)."""

from datetime import date
from typing import Final

from domain.messages import Refusal
from domain.terms.counting import Calendar, Term, certify

# What every supplier proves (Social Code 167(6)), and what only some have to.
REQUIRED: Final = (
    "conformity",
    "classifier",
    "no_debt",
    "not_bankrupt",
    "not_bad_faith",
    "not_in_samruk_lists",
    "origin_and_price",
)
CONDITIONS: Final = (
    *REQUIRED,
    "medical_registration",
    "licence",
    "sign_language_qualification",
    "permit",
)
# Why a supplier is removed (Social Code 167(7), in the order of its points).
GROUNDS: Final = (
    "own_application",
    "ceased",
    "bad_faith_procurement",
    "bad_faith_samruk",
    "commission_conclusion",
    "permits_register",
)
AFTER_CONCLUSION: Final = Term.parse("P1Y")


def missing_conditions(proven: frozenset[str], *, assistants_only: bool) -> tuple[str, ...]:
    """What is not proven. None of it is asked of individual assistants (Social Code 167(6))."""
    return () if assistants_only else tuple(one for one in REQUIRED if one not in proven)


def bar_to_return(ground: str, removed_on: date, today: date, calendar: Calendar) -> Refusal | None:
    """Why a removed supplier may not be on the portal again yet (Social Code 167(7)).

    After a conclusion of the commission not before a year; who is no more never comes back. Who has
    left a bad-faith register proves that as a condition.
    """
    if ground == "ceased":
        return Refusal(code="supplier_is_no_more")
    if ground != "commission_conclusion":
        return None
    until = certify(removed_on, AFTER_CONCLUSION, calendar, "SC 167(7)").last_day
    if today > until:
        return None
    return Refusal(code="removed_recently", facts={"last_day": until.isoformat()})
