"""What is said, sometimes wrongly, where a decision against a person is intended."""

from tests.domain.chance import Body, mostly
from tests.domain.play import Choices, Play

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
    return data, {**facts, "actor_is_party": not whim.below(16)}
