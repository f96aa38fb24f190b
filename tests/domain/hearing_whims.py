"""What is said, sometimes wrongly, where a decision against a person is intended."""

from collections.abc import Callable
from typing import Any

from domain.messages import Actor
from domain.rules.corrections import FITTING, OTHERWISE
from tests.domain.chance import Body, choose, mostly, related
from tests.domain.play import C2, C, Choices, E, Play, R

HEARING = (
    "intend_refusal",
    "intend_closing",
    "withdraw_intention",
    "raise_objection",
    "answer_objection",
    "refuse",
    "close",
)


def hearing(play: Play, whim: Choices) -> Body:
    """What is intended against a person, on a ground that mostly fits, and what is said to it."""
    unsigned = play.status == "awaiting_signatures"
    held = play.period.hearing if play.case.periods else None
    said = held.objections if held else ()
    objection = next((one.id for one in said if not one.answered), "none")
    right, wrong = ("unsigned", "not_delivered") if unsigned else ("not_delivered", "unsigned")
    data = {
        "ground": mostly(whim, right, wrong, "terms_broken", "no_such_ground"),
        "reason": mostly(whim, "stated", ""),
        "objection": mostly(whim, objection, "none"),
    }
    facts = {"paper": {"kind": "decision", "sha256": f"paper-{len(play.seen)}"}}
    return data, {**facts, **related(whim)}


# Who may undo an end, most of the time.
_BOTH: tuple[tuple[str, Actor], ...] = (("reopen_case", C), ("reopen_case", C2))
ENDED: dict[str, tuple[tuple[str, Actor], ...]] = {
    "refused": _BOTH,
    "closed_unclaimed": _BOTH,
    "declined": (*_BOTH, ("take_back_decline", R)),
    "withdrawn": (*_BOTH, ("measure_arrived", E)),
    "ended": (*_BOTH, ("measure_arrived", E)),
    "to_procurement": _BOTH,
    "to_employer": _BOTH,
}


def returning(play: Play, whim: Choices) -> Body:
    """What is wrong with an application, and until when it is to be put right."""
    data: dict[str, Any] = {
        "what": mostly(whim, "content" if whim.below(2) else "attachment", "colour"),
        "until": play.today(mostly(whim, 14, -1, 300)),
        "reason": mostly(whim, "stated", ""),
        "evidence": mostly(whim, True, False),
    }
    if not whim.below(4):
        data["quantity"] = mostly(whim, 1, 2, 9)
    facts = {"application": f"app-{len(play.seen)}", **related(whim)}
    return data, facts


def correcting(play: Play, whim: Choices) -> Body:
    """What is to be set right: a field, or a deadline that is disputed."""
    begun = bool(play.case.periods)
    corrections = play.period.corrections if begun else ()
    contests = play.period.contests if begun else ()
    terms = tuple(play.period.deadlines) if begun else ()
    data: dict[str, Any] = {
        "field": mostly(whim, "delivered_on", "implement_until", "amount"),
        "value": play.today(mostly(whim, -1, 1)),
        "term": choose(whim, terms) if terms else "choice",
        "reason": mostly(whim, "stated", ""),
        "correction": corrections[-1].id if corrections else "none",
        "contest": contests[-1].id if contests else "none",
    }
    data |= {"start": play.today(mostly(whim, 0, -3, 3))} if whim.below(8) else {}
    return data, related(whim)


CORRECTING = (
    "propose_correction",
    "carry_out_correction",
    "drop_correction",
    "contest_deadline",
    "grant_contest",
    "deny_contest",
)
RETURNING = ("return_application", "return_unremedied", "provide_attachment")


def reopening(play: Play, whim: Choices) -> Body:
    """Why a closed case is to go on."""
    fitting = FITTING.get(play.status, OTHERWISE) if play.case.periods else OTHERWISE
    data = {
        "ground": mostly(whim, fitting[0], fitting[-1], "no_such_ground"),
        "reason": mostly(whim, "stated", ""),
        "evidence": mostly(whim, True, False),
    }
    return data, related(whim)


SAID: dict[str, Callable[[Play, Choices], Body]] = {
    **dict.fromkeys(HEARING, hearing),
    **dict.fromkeys(RETURNING, returning),
    **dict.fromkeys(CORRECTING, correcting),
    "reopen_case": reopening,
}
