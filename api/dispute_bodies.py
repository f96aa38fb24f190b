"""What people send with a complaint, and the commission and the authority with what follows."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from api.bodies import WHOLE, Body, Day, Evidenced, FreeText, Reasoned, Tiyn

OrderNumber = Annotated[StrictInt, Field(ge=1, le=1000, description="Number of an order"), WHOLE]


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
    """What proves that the money came back in full; `order` names one that is gone."""

    evidence: FreeText
    order: OrderNumber | None = None


class WriteOff(Evidenced):
    """Why it cannot be collected, with what proves it; `order` names one that is gone."""

    order: OrderNumber | None = None
