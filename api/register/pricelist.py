"""Many offers of a supplier at once: each is answered by itself, and none hinders another."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt
from sqlalchemy import Connection

from api.auth import Caller
from api.bodies import MOST_TIYN, WHOLE
from api.deps import Parts
from api.language import Text, worded
from api.mistakes import mistake_at
from api.once import Once
from api.register.models import Form
from api.schemas import Answer
from db.catalogues import catalogue_today
from db.engine import reads
from db.suppliers import held_offers, lock_supplier, put_offer
from definitions.catalogues import Catalogue

MOST_LINES: Final = 5_000
# Price (tiyn), and whether it is offered.
Terms = tuple[int, bool]


class OfferLine(Form):
    """One line of a price list; without a price an offer can only be withdrawn."""

    item: str = Field(max_length=100, description="Code of the catalogue")
    price: Annotated[StrictInt | None, Field(description="Tiyn per unit"), WHOLE] = None
    active: StrictBool = True


class PutOffers(Form):
    """Put, change and withdraw many offers; with `check_only` it is answered and nothing done.

    Under its key again it is answered as it was then, whatever has become of the offers since.
    """

    command: Literal["put_offers"]
    offers: list[OfferLine] = Field(
        min_length=1, max_length=MOST_LINES, description="The lines of the price list"
    )
    check_only: StrictBool = Field(default=False, description="Whether nothing is to be done")


class LineMistake(Answer):
    """What is wrong with a line."""

    code: str
    text: Text


class LineBefore(Answer):
    """What was offered before."""

    price: int = Field(description="Tiyn per unit")
    active: bool


class LineView(Answer):
    """What became of a line, in the order in which they were sent."""

    item: str
    was: LineBefore | None = Field(description="null: it was never offered")
    taken: bool = Field(description="Whether it is now so; with `check_only`, whether it would be")
    errors: list[LineMistake] = Field(description="Why it was not taken; of such a line nothing is")


class OffersAnswer(Answer):
    """What became of every line; `changed` are the offers that are now other than they were."""

    check_only: bool = Field(description="Whether nothing was done")
    changed: int = Field(description="With `check_only`, how many would be")
    offers: list[LineView] = Field(description="Every line, in the order in which they were sent")


# What can be wrong with a line, by the code that is kept: at which field, and its figures.
_FAULTS: Final[Mapping[str, tuple[str, Mapping[str, int]]]] = {
    "stands_twice": ("item", {}),
    "not_in_catalogue": ("item", {}),
    "required": ("price", {}),
    "below_minimum": ("price", {"limit": 1}),
    "above_maximum": ("price", {"limit": MOST_TIYN}),
}


class _Check:
    """Lines beside the catalogue of today and what the supplier offers: `held` by item."""

    def __init__(
        self, lines: Sequence[OfferLine], catalogue: Catalogue, held: Mapping[str, Terms]
    ) -> None:
        self._lines, self._catalogue, self._held = lines, catalogue, held
        self._times = Counter(one.item for one in lines)
        self._faults = {
            at: found for at, line in enumerate(lines) if (found := self._fault(line)) is not None
        }
        good = (line for at, line in enumerate(lines) if at not in self._faults)
        self.changes = {
            one.item: change for one in good if (change := self._change(one)) is not None
        }

    def _fault(self, line: OfferLine) -> str | None:
        """What is wrong with a line; None: it can be taken."""
        if self._times[line.item] > 1:
            return "stands_twice"
        ends = not line.active and line.item in self._held
        if self._catalogue.item(line.item) is None and not ends:
            return "not_in_catalogue"
        if line.price is None:
            return "required" if line.active else None
        if line.price < 1:
            return "below_minimum"
        return "above_maximum" if line.price > MOST_TIYN else None

    def _change(self, line: OfferLine) -> Terms | None:
        """Price and whether it is offered as they become; None: they are so already."""
        held = self._held.get(line.item)
        if held is None and not line.active:
            return None
        price = line.price if line.price is not None else held and held[0]
        assert price is not None, "who withdraws without a price offers it"
        return None if held == (price, line.active) else (price, line.active)

    def made(self) -> dict[str, Any]:
        """What becomes of the lines, as it is kept with the key: the lines are in the request."""
        return {
            "changed": len(self.changes),
            "was": [self._held.get(one.item) for one in self._lines],
            "faults": {str(at): fault for at, fault in self._faults.items()},
        }


def put_many(
    parts: Parts, caller: Caller, once: Once, supplier: UUID, form: PutOffers
) -> dict[str, Any]:
    """Every good line is put in one transaction, and of the others nothing."""
    if form.check_only:
        with reads(parts.engine) as connection:
            return _answered(form, _checked(connection, supplier, form.offers).made())

    def act(connection: Connection) -> dict[str, Any]:
        # What is held is read once nobody else can change it: the answer says what was.
        lock_supplier(connection, supplier)
        check = _checked(connection, supplier, form.offers)
        for item, terms in sorted(check.changes.items()):
            put_offer(connection, caller.actor, supplier, item, terms)
        return check.made()

    with parts.engine.begin() as connection:
        made = once.make(connection, act)
        if "was" not in made:
            # Kept before an answer was kept whole: of its lines only today's is known.
            made = _checked(connection, supplier, form.offers).made() | made
    return _answered(form, made)


def _checked(connection: Connection, supplier: UUID, lines: Sequence[OfferLine]) -> _Check:
    held = held_offers(connection, supplier)
    return _Check(lines, catalogue_today(connection)[0], held)


def _answered(form: PutOffers, made: Mapping[str, Any]) -> dict[str, Any]:
    told = zip(form.offers, made["was"], strict=True)
    return {
        "check_only": form.check_only,
        "changed": made["changed"],
        "offers": [
            _told(line, was, made["faults"].get(str(at))) for at, (line, was) in enumerate(told)
        ],
    }


def _told(line: OfferLine, was: Terms | None, fault: str | None) -> dict[str, Any]:
    """What became of a line."""
    return {
        "item": line.item,
        "was": was and {"price": was[0], "active": was[1]},
        "taken": fault is None,
        "errors": [_in_words(fault)] if fault else [],
    }


def _in_words(fault: str) -> dict[str, Any]:
    field, facts = _FAULTS[fault]
    return {"code": fault, "text": worded(mistake_at(field, fault, **facts).text)}
