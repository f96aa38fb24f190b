"""What people send with a complaint, and the commission and the authority with what follows."""

from typing import Literal

from pydantic import StrictBool

from api.bodies import Body, Day, FreeText, Reasoned, Tiyn


class Complain(Body):
    """What is wrong with an order, and since when it is known."""

    known_on: Day
    reason: FreeText


class OrderRemedy(Reasoned):
    """Until when the supplier has to set it right."""

    until: Day


class FindBreach(Reasoned):
    """What the supplier has to pay back, and whether the recipient chooses again."""

    ground: Literal["poor_quality", "not_performed", "fraud"]
    amount: Tiyn
    still_needed: StrictBool


class ConfirmReturn(Body):
    """What proves that the money came back in full."""

    evidence: FreeText
