"""Every recorded message decided again by today's rules, and where that comes out differently."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, zip_longest
from typing import Any

from domain.apply import fold
from domain.case.state import Case, Effect
from domain.decide import decide
from domain.messages import Event, Frozen, Message, Role
from domain.process import Edition
from domain.terms.agenda import agenda
from domain.terms.counting import Calendar
from domain.terms.later_edition import EDITION_MOVED, as_held, edition_message
from domain.terms.recount import calendar_message

OUTCOME = "effect:"
# What each effect may be answered with.
_OUTCOMES = {
    "notify": ("notice_sent",),
    "tell": ("told",),
    "report": ("result_reported",),
    "verify": ("signature_checked",),
    "pay": ("payment_sent", "payment_reported", "conflict_found"),
    "enquire": ("payment_reported", "payment_never_received"),
}


class Difference(Frozen):
    """One value that is not what it was: of an event's column, at a path within it."""

    seq: int
    message: str
    column: str
    recorded: Any = None
    today: Any = None


class Rehearsal(Frozen):
    """The outcome: messages decided again, and those that nothing tells in full any more."""

    messages: int
    differences: tuple[Difference, ...]
    unknown: tuple[str, ...]


def rehearse(
    case: Case,
    events: Sequence[Event],
    known: Mapping[str, Message],
    editions: Callable[[str], Edition],
    calendar: Callable[[str | None], Calendar],
) -> Rehearsal:
    """Decide each message of a file on the file as it then was.

    `case` is the empty case; `known` the messages that are kept, by id, the rest is made again from
    the events; `editions` gives an edition by its hash, `calendar` a version of the calendar, or
    with None the current one.
    """
    found: list[Difference] = []
    unknown: list[str] = []
    number = 0
    for id_, group in groupby(events, key=lambda event: event.message_id):
        recorded, number = list(group), number + 1
        law = editions(case.edition)
        message = known.get(id_) or remake(case, recorded, law)
        if message is None:
            unknown.append(id_)
        else:
            if message.name == EDITION_MOVED:
                law = editions(message.data["edition"])
            message = _as_decided(message, recorded)
            today = decide(case, message, law, calendar(_version(recorded)))
            found += _compared(recorded, today)
        case = fold(case, recorded)
    return Rehearsal(messages=number, differences=tuple(found), unknown=tuple(unknown))


def _version(recorded: list[Event]) -> str | None:
    """The calendar that the events counted with: they name it."""
    made = (one for event in recorded for one in event.data.get("deadlines", ()))
    return next((str(one["certificate"]["calendar"]) for one in made), None)


def _as_decided(message: Message, recorded: list[Event]) -> Message:
    """The file may have decided an order again, with what other cases hold of the norm."""
    if (
        used := next((e.data["norm_used"] for e in recorded if "norm_used" in e.data), None)
    ) is not None:
        return message.model_copy(update={"facts": {**message.facts, "norm_used": used}})
    for reason in recorded[0].data.get("reasons", ()):
        if reason["code"] == "over_norm" and "used" in reason["facts"]:
            facts = {**message.facts, "norm_used": reason["facts"]["used"]}
            return message.model_copy(update={"facts": facts})
    return message


def _compared(recorded: list[Event], today: list[Event]) -> Iterator[Difference]:
    for old, new in zip_longest(recorded, today):
        named = old or new
        was = old.model_dump(mode="json") if old else None
        is_ = new.model_dump(mode="json") if new else None
        if was and is_:
            _forget_further_facts(was["data"], is_["data"])
        for column, left, right in differences(was, is_):
            yield Difference(
                seq=named.seq, message=named.message_id, column=column, recorded=left, today=right
            )


def _forget_further_facts(was: dict[str, Any], is_: dict[str, Any]) -> None:
    """A refusal that says more of its reasons than it did then is the same decision."""
    for old, new in zip(was.get("reasons", ()), is_.get("reasons", ()), strict=False):
        if old["code"] == new["code"]:
            new["facts"] = {name: one for name, one in new["facts"].items() if name in old["facts"]}


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two JSON values differ: path (`data.period.flags`), and both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            below = f"{path}.{name}" if path else name
            yield from differences(old.get(name), new.get(name), below)
    elif old != new:
        yield path or "event", old, new


def remake(case: Case, recorded: Sequence[Event], edition: Edition) -> Message | None:
    """The message of events that no inbox keeps: a deadline, or the outcome of an effect."""
    first = recorded[0]
    if first.actor.role == Role.DEADLINE:
        return _deadline(case, first, edition)
    if first.type == "calendar_changed":
        calendar = first.data["deadlines"][0]["certificate"]["calendar"]
        return calendar_message(calendar, first.at)
    if first.type == EDITION_MOVED:
        before = as_held(case, edition)
        return edition_message(first.message_id.split(":")[1], before, first.at)
    effect = case.outbox.get(first.message_id.removeprefix(OUTCOME))
    if not first.message_id.startswith(OUTCOME) or effect is None:
        return None
    name = _name(first, effect, edition)
    data = _outcome(name, effect, recorded) if name else None
    if name is None or data is None:
        return None
    return Message(
        id=first.message_id,
        name=name,
        at=first.at,
        actor=first.actor,
        period=effect.period,
        data={**data, "effect": effect.key},
    )


def _deadline(case: Case, first: Event, edition: Edition) -> Message | None:
    for due in agenda(case, edition.process):
        if due.message.id == first.message_id:
            return due.message
    if first.type != "refused":
        return None
    # It came out of turn: its id says which term it meant.
    term, _, _, code = first.message_id.split(":")[:4]
    return Message(
        id=first.message_id,
        name=first.data["name"],
        at=first.at,
        actor=first.actor,
        period=first.period,
        data={"fires": {"term": term, "code": code}},
    )


def _name(first: Event, effect: Effect, edition: Edition) -> str | None:
    if first.type == "refused":
        return str(first.data["name"])
    taken = {
        row.on
        for row in edition.process.rows
        if (row.id, row.event) == (first.row, first.type) and first.actor.role in row.by
    }
    return next((name for name in _OUTCOMES[effect.kind] if name in taken), None)


def _outcome(name: str, effect: Effect, recorded: Sequence[Event]) -> dict[str, Any] | None:
    """What the outcome must have said for the events to be what they are."""
    first = recorded[0]
    match name:
        case "notice_sent":
            channels = [] if first.type == "notice_failed" else ["sms"]
            return {"channels": channels, "round": effect.data["round"]}
        case "told":
            return {"channels": ["sms"]}
        case "result_reported":
            return {"status": effect.data["status"]}
        case "payment_sent" | "payment_never_received":
            return {"key": effect.data["key"]}
        case "conflict_found":
            return {"key": effect.data["key"], **_conflict(first)}
        case "payment_reported":
            return _report(effect.data["key"], first)
        case "signature_checked":
            return {**effect.data, **_check(effect.data, first)}
    return None


def _written(first: Event, name: str) -> Any:
    return first.data.get("period", {}).get(name)


def _conflict(first: Event) -> dict[str, Any]:
    """On whose both sides somebody stood is told by the conflict that was written, if one was."""
    found = _written(first, "conflict")
    return {} if found is None else {"acts_for": {found["supplier"]: found["persons"]}}


def _report(key: str, first: Event) -> dict[str, Any] | None:
    """The file keeps the treasury's word; one from before it did says nothing in full."""
    word = first.data.get("word")
    return None if word is None else {"key": key, **word}


def _check(asked: dict[str, Any], first: Event) -> dict[str, Any]:
    application = _written(first, "application") or {"signatures": {}, "account": None}
    signature = application["signatures"].get(asked["role"])
    held = application["account"] if "account" in asked else signature
    if held is None:
        return {"reason": "structure_invalid", "certificate": None}
    return {"reason": None, "certificate": held["certificate_sha256"]}
