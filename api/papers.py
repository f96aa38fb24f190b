"""Acts that the parties must be able to read, each with its document."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from api.bodies import Reasoned, ReturnApplication
from api.door import Desk, Prepared
from api.facts import period_of
from db.documents import draft_version, keep
from db.papers import GROUNDS, Said, write_paper
from db.sealing import Seal


def papered(sealer: Seal, body: Reasoned, code: str) -> Callable[[Desk], Prepared]:
    """A decision with the paper `code` about it, kept with the command; none for a wrong ground."""

    def prepare(desk: Desk) -> Prepared:
        data, period = body.told(), period_of(desk, body)
        ground = data.get("ground")
        listed = ground is None or code in GROUNDS or ground in desk.edition.refusal_grounds
        if period is None or not listed:
            return Prepared(data)
        said = Said(code, body.reason, data)
        with desk.engine.connect() as connection:
            made = write_paper(connection, desk.case, period.number, desk.now, said)

        def keep_paper(connection: Connection) -> None:
            keep(connection, sealer, desk.case.id, made.kind, made.content)

        return Prepared(data, {"paper": made.told}, keep_paper)

    return prepare


def returned(sealer: Seal, body: ReturnApplication | Reasoned) -> Callable[[Desk], Prepared]:
    """A return with its paper, and the version of the application that is to be signed instead."""
    written = papered(sealer, body, "return")

    def prepare(desk: Desk) -> Prepared:
        made, period = written(desk), period_of(desk, body, ("under_review",))
        if period is None or period.application is None or made.data.get("what") == "attachment":
            return made
        quantity = made.data.get("quantity", period.application.quantity)
        with desk.engine.begin() as connection:
            draft = draft_version(connection, sealer, desk.case, period.number, quantity)
        return replace(made, facts={**made.facts, "application": draft.sha256})

    return prepare
