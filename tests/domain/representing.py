"""Who acts for the recipient: what E-Собес tells, and what two caseworkers enter."""

from typing import Any

from domain.messages import Actor, Role
from tests.domain.play import C2, RECIPIENT, C, E, Play, measure, power, reach
from tests.domain.reading import rows

PROVEN: dict[str, Any] = {"evidence": True, "reason": True}
NEW = Actor(role=Role.RECIPIENT, id="person-5", on_behalf_of=RECIPIENT)
OPEN = ["notifying", "choosing", "ordered", "in_fulfilment", "delivered", "under_review", "paid"]


def told(play: Play, **changed: Any) -> list[Any]:
    """A revision of E-Собес that tells of one representative, or of none (`id` None)."""
    assert play.case.measure is not None
    representatives = [] if changed.get("id", "") is None else [power(**changed)]
    revision = play.case.measure.revision + 1
    new = measure(revision=revision, acting={"representatives": representatives})
    return play.send("measure_arrived", E, {"measure": new})


def proposed(play: Play, conflict: str | None = None, **changed: Any) -> list[Any]:
    """What one caseworker enters of a representative."""
    data = {"representative": power(**changed), **PROVEN}
    return play.send("begin_representation", C, data, {"representative_conflict": conflict})


def open_proposal(play: Play) -> str:
    assert play.case.measure is not None
    return play.case.measure.acting.proposed[-1].id


def confirmed(play: Play, by: Actor = C2) -> list[Any]:
    """The last thing that was entered, confirmed."""
    return play.send("confirm_representation", by, {"proposal": open_proposal(play)})


def entered(play: Play, **changed: Any) -> list[Any]:
    """A representative, entered by one caseworker and confirmed by another."""
    assert rows(proposed(play, **changed)) == ["L6"]
    return confirmed(play)


def ended(play: Play, id_: str, days: int = 0) -> list[Any]:
    """The end of a power, entered by one caseworker and confirmed by another."""
    said = {"representative": id_, "on": play.today(days), **PROVEN}
    found = play.send("end_representation", C, said)
    return confirmed(play) if found[0].type != "refused" else found


def guarded(status: str) -> Play:
    """The recipient acts only through a guardian, who is known to E-Собес alone."""
    play = reach(status)
    told(play, id="power-g", person="person-5", kind="GUARDIAN")
    return play


def paused_for(play: Play) -> str | None:
    return play.period.pause.ground if play.period.pause else None
