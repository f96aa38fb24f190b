"""Which activity answers for each effect, and on which queue it waits."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from activities.effects import EffectKeys
from activities.esobes import EsobesActivities
from activities.notices import NoticeActivities
from activities.payments import PaymentActivities
from activities.signatures import SignatureActivities
from db.casefile import Look, Owed
from workflows.options import CASES, PAYMENTS

EFFECTS: Final[dict[str, tuple[Callable[[Any, EffectKeys], Look], str]]] = {
    "notify": (NoticeActivities.texts, CASES),
    "tell": (NoticeActivities.texts, CASES),
    "report": (EsobesActivities.report, CASES),
    "verify": (SignatureActivities.verify, CASES),
    "pay": (PaymentActivities.pay, PAYMENTS),
    "enquire": (PaymentActivities.enquire, PAYMENTS),
}
TEXTS: Final = ("notify", "tell")
_BETWEEN: Final = "+"


def batches(owed: Sequence[Owed]) -> Iterator[tuple[Owed, ...]]:
    """What is started as one activity: all texts together, every other effect alone."""
    if texts := tuple(one for one in owed if one.kind in TEXTS):
        yield texts
    yield from ((one,) for one in owed if one.kind not in TEXTS)


def activity_id(keys: Sequence[str]) -> str:
    """By what the server names an activity: the keys of its effects."""
    return _BETWEEN.join(keys)


def keys_of(activity_id: str) -> list[str]:
    """The effects that an activity of this id does."""
    return activity_id.split(_BETWEEN)
