"""Whose the words of a report are: pure, so that every mixture can be tried."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from domain.money.payments import resembles_key
from integrations.words import (
    MOST,
    OrderParties,
    Report,
    ReportFault,
    Told,
    counts_on,
    is_other_side,
)

# Why a report lies on the desk: it cannot be read; something in it that is ours, or of which nobody
# can tell whose it is, is not clear; nothing in it is about a payment of ours; a fault of our own
# stopped its reading.
UNREADABLE: Final = "unreadable"
UNCLEAR: Final = "unclear"
NOT_OURS: Final = "not_ours"
OUR_FAULT: Final = "our_fault"


@dataclass(frozen=True)
class Unclear:
    """What a person has to look at: why, where, which rule is broken, about which payment."""

    code: str
    place: str
    rule: str
    key: str | None = None


@dataclass
class Whose:
    """The words for our cases, what is not clear, and how many words are about others' payments.

    `other_sides`: how many words are how a payee's account shows a payment of ours.
    """

    ours: list[Told] = field(default_factory=list)
    unclear: list[Unclear] = field(default_factory=list)
    not_ours: int = 0
    other_sides: int = 0


def references(report: Report) -> list[str]:
    """The treasury's numbers that alone have to tell a payment, or what cannot be read of one."""
    told = {number for one in report.told if not one.named for number in one.word.numbers}
    return sorted(told.union(*(fault.named for fault in report.faults)))


def by_reference(report: Report, numbers: Mapping[str, str]) -> Report:
    """The same report with the keys of the payments that it calls by the treasury's number."""

    def named(one: Told) -> Told:
        found = sorted({numbers[each] for each in one.word.numbers if each in numbers})
        if one.named or not found:
            return one
        return replace(one, named=tuple(found), word=replace(one.word, key=found[0]))

    def about(fault: ReportFault) -> ReportFault:
        return replace(fault, named=tuple(numbers.get(one, one) for one in fault.named))

    told = tuple(named(one) for one in report.told)
    return replace(report, told=told, faults=tuple(about(one) for one in report.faults))


def keys(report: Report) -> list[str]:
    """Everything by which a report calls payments."""
    parts: tuple[Told | ReportFault, ...] = (*report.told, *report.faults)
    return sorted({key for one in parts for key in one.named})


def sort(report: Report, known: Mapping[str, OrderParties]) -> Whose:
    """Who is meant, given the payments of ours among those named, by their keys.

    What others are told, or told wrongly, is not our business; what calls a payment as only we do,
    where no payment has that key, is a person's. What calls one payment by two names
    of which only the less certain one is ours, or by the names of two of ours, is not clear. What
    else the report says on a payment of which it says anything unclear does not count. What is
    told on an account that the payment did not leave from says nothing of it, clear or not.
    """
    whose, doubtful = Whose(), set[str]()
    for told in report.told:
        ours = [key for key in told.named if key in known]
        if not ours:
            whose.not_ours += not _claimed(whose, told)
        elif not counts_on(told.word.account, known[ours[0]]):
            _elsewhere(whose, told, ours[0], known[ours[0]])
        elif ours == [told.named[0]]:
            whose.ours.append(told)
        else:
            whose.unclear.append(Unclear(UNCLEAR, told.place, "keys disagree", ours[0]))
            doubtful.update(ours)
    for fault in report.faults:
        ours = [key for key in fault.named if key in known]
        if ours or not fault.named:
            key = ours[0] if ours else None
            whose.unclear.append(Unclear(UNCLEAR, fault.place, fault.code, key))
            doubtful.update(key for key in ours or known if counts_on(fault.told_on, known[key]))
        else:
            _claimed(whose, fault)
    whose.ours = [_beside(told, doubtful) for told in _few(whose)]
    return whose


def _few(whose: Whose) -> list[Told]:
    """Of each payment no more words than say that there are too many: none of them counts.

    A case takes all that it has not heard at once, and could not take thousands.
    """
    counted: Counter[str] = Counter()
    few = []
    for told in whose.ours:
        counted[told.word.key] += 1
        if counted[told.word.key] <= MOST + 1:
            few.append(told)
    for key in (one for one, count in counted.items() if count > MOST):
        whose.unclear.append(Unclear(UNCLEAR, "/Document", f"more than {MOST} words", key))
    return few


def _claimed(whose: Whose, part: Told | ReportFault) -> bool:
    """Whether it calls a payment that is none of ours as only we do, in whatever spelling."""
    unknown = next(filter(resembles_key, part.named), None)
    if unknown is not None:
        whose.unclear.append(Unclear(NOT_OURS, part.place, "unknown key of ours", unknown))
    return unknown is not None


def _elsewhere(whose: Whose, told: Told, key: str, ordered: OrderParties) -> None:
    """Nobody's work is only the other side of the payment."""
    if is_other_side(told.word, ordered):
        whose.other_sides += 1
        return
    rule = "told on another account" if told.word.told_on else "told on no account"
    rule = "paying account unknown" if ordered.paid_from is None else rule
    whose.unclear.append(Unclear(UNCLEAR, told.place, rule, key))


def _beside(told: Told, doubtful: Collection[str]) -> Told:
    if told.word.key not in doubtful:
        return told
    return replace(told, word=replace(told.word, at_odds=True))
