"""What people may say in each command, made from what the portal has shown them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any, Final

from db.documents import read_document
from definitions.command_forms import command_forms
from tests.api.world import Person, World, today
from tests.support.intake import iin

Said = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A command as a page offers it to somebody; `number` is the period that it names.

    `offer` is one to order, `suppliers` are all that there are.
    """

    world: World
    case: str
    by: Person
    page: Said
    command: str
    number: int | None
    offer: Any
    suppliers: tuple[str, ...]

    @property
    def period(self) -> Said:
        """The one that is meant; of what is about the whole case, the first."""
        periods: list[Said] = self.page["periods"]
        return next((one for one in periods if one["number"] == self.number), periods[0])

    def terms(self) -> Iterator[Said]:
        """The deadlines of the period."""
        number = self.period["number"]
        yield from (one for one in self.page["deadlines"] if one["period"] == number)

    def of(self, what: str) -> list[str]:
        """The ids of what is listed in the period, the latest first."""
        return [one["id"] for one in reversed(self.period[what])]

    def after(self, term: str) -> list[str]:
        """Some days after the last day of a term, if it was ever begun."""
        found = [date.fromisoformat(one["last_day"]) for one in self.terms() if one["term"] == term]
        return [(one + timedelta(days=10)).isoformat() for one in found]


def bodies(asked: Asked) -> Iterator[Said]:
    """Whatever may sensibly be said in a command, one after the other."""
    named = {} if asked.number is None else {"period": asked.number}
    if whole := WHOLE.get(asked.command):
        yield from ({**said, **named} for said in whole(asked))
        return
    fields = [one for one in command_forms()[asked.command].fields if one in FIELDS]
    for values in product(*(FIELDS[one](asked) for one in fields)):
        yield {**dict(zip(fields, values, strict=True)), **named}


def _sign(asked: Asked) -> Iterator[Said]:
    world, case = asked.world, asked.case
    if asked.period["application"] is None:
        return
    if asked.page["you"]["role"] == "supplier":
        yield world.annex(case, asked.by)
        return
    sha256 = asked.period["application"]["sha256"]
    with world.engine.connect() as connection:
        document = read_document(connection, world.seal, case, sha256)
    assert document is not None
    yield {"application_sha256": sha256, "signature": asked.by.sign(document.content)}


def _begin(_: Asked) -> Iterator[Said]:
    paper = {"basis_number": "12-3", "basis_date": "2026-01-12", "evidence": "Шешім № 12-3"}
    yield from ({"iin": iin(5), "kind": kind, **paper} for kind in ("GUARDIAN", "ATTORNEY"))


def _extend(asked: Asked) -> Iterator[Said]:
    for one in asked.terms():
        term = one["term"]
        yield from ({"term": term, "until": day, "reason": "Жоқ"} for day in asked.after(term))


WHOLE: Final[dict[str, Callable[[Asked], Iterator[Said]]]] = {
    "place_order": lambda a: iter([a.world.order(a.case, a.offer, a.by)]),
    "sign": _sign,
    "begin_representation": _begin,
    "extend_term": _extend,
}


def _quantity(asked: Asked) -> list[int]:
    """All that was delivered, or ordered; one."""
    delivery, order = asked.period["delivery"], asked.period["order"]
    return [delivery["quantity"] if delivery else order["quantity"] if order else 1, 1]


def _until(asked: Asked) -> list[str]:
    return asked.after("review") if asked.command == "extend_review" else [today(20)]


GROUNDS: Final = (
    *("not_delivered", "unsigned", "both_sides", "programme_revoked", "court", "appeal"),
    *("employer_gone", "procurement_failed", "new_application", "heir", "merged", "poor_quality"),
)
FIELDS: Final[dict[str, Callable[[Asked], list[Any]]]] = {
    "reason": lambda _: ["Себебі бар"],
    "evidence": lambda _: ["Акт № 1"],
    "on": lambda _: [today()],
    "known_on": lambda _: [today()],
    "start": lambda _: [today()],
    "value": lambda _: [today(-1)],
    "until": _until,
    "quantity": _quantity,
    "what": lambda _: ["content", "attachment"],
    "ground": lambda _: list(GROUNDS),
    "still_needed": lambda _: [True],
    "amount": lambda _: [1],
    "to": lambda _: ["authority_lead"],
    "channel": lambda _: ["registered_letter"],
    "field": lambda _: ["developed_on"],
    "phone": lambda _: ["+77000000001"],
    "capacity": lambda _: ["full", "represented"],
    "authority_bin": lambda _: ["201140900014"],
    "kato": lambda _: ["751110000"],
    "term": lambda a: [one["term"] for one in a.terms()],
    "escalation": lambda a: [one["id"] for one in a.page["escalations"]],
    "objection": lambda a: [
        one["id"] for one in (a.period["hearing"] or {"objections": []})["objections"]
    ],
    "correction": lambda a: a.of("corrections"),
    "contest": lambda a: a.of("contests"),
    "proposal": lambda a: [one["id"] for one in a.page["acting"]["proposed"]],
    "representative": lambda a: [one["id"] for one in a.page["acting"]["representatives"]],
    "supplier_id": lambda a: list(a.suppliers),
}
