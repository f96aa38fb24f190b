"""Which activity answers for each effect, and on which queue it waits."""

from collections.abc import Callable
from typing import Any

from activities.esobes import EsobesActivities
from activities.notices import NoticeActivities
from activities.orders import EffectKey
from activities.payments import PaymentActivities
from activities.signatures import SignatureActivities
from db.casefile import Look
from workflows.options import NOTICES, PAYMENTS

EFFECTS: dict[str, tuple[Callable[[Any, EffectKey], Look], str]] = {
    "notify": (NoticeActivities.notify, NOTICES),
    "tell": (NoticeActivities.tell, NOTICES),
    "report": (EsobesActivities.report, NOTICES),
    "verify": (SignatureActivities.verify, NOTICES),
    "pay": (PaymentActivities.pay, PAYMENTS),
    "enquire": (PaymentActivities.enquire, PAYMENTS),
}
