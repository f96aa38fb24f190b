"""Acts that the parties must be able to read, each with its document."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from api.door import Desk, Prepared
from api.words import words_of
from db.documents import Paper, draft_version
from db.inbox import read_body
from db.papers import GROUNDS, Said, write_paper
from domain.case.state import Period
from domain.parties.sides import has_interest

# Papers of two persons, with the kind of decision of which the first part is in the case.
CONFIRMED: Final = {"refusal": "refuse", "return": "return"}


def papered(code: str) -> Callable[[Desk], Prepared]:
    """A decision with the paper `code` about it, kept with the command; none for a wrong ground."""

    def prepare(desk: Desk) -> Prepared:
        data, period = desk.told, desk.period()
        ground = data.get("ground")
        listed = ground is None or code in GROUNDS or ground in desk.edition.refusal_grounds
        if period is None or not listed:
            return Prepared(data)
        words = _first_words(desk, period, code) or desk.said["reason"]
        said = Said(code, words, data)
        made = write_paper(desk.connection, desk.case, period.number, desk.now, said)
        return Prepared(data, {"paper": made.told}, (Paper(made.kind, made.content),))

    return prepare


def _first_words(desk: Desk, period: Period, code: str) -> str | None:
    """Of two who decide the first gives the reason, and the second confirms it."""
    kind = CONFIRMED.get(code)
    first = period.first_part(kind, desk.actor.id, desk.told) if kind else None
    if first is None or first.message is None:
        return None
    # Of who has become a party since, nothing counts.
    if has_interest(desk.case, desk.known["acts_for"], first.by):
        return None
    body = read_body(desk.connection, desk.seal, desk.case.id, first.message)
    return words_of(body).get("reason")


def returned(desk: Desk) -> Prepared:
    """A return with its paper, and the version of the application that is to be signed instead."""
    made, period = papered("return")(desk), desk.period("under_review")
    if period is None or period.application is None or desk.told.get("what") == "attachment":
        return made
    quantity = desk.told.get("quantity", period.application.quantity)
    draft = draft_version(desk.connection, desk.seal, desk.case, period.number, quantity)
    facts = {**made.facts, "application": draft.sha256}
    return replace(made, facts=facts, papers=(*made.papers, draft))
