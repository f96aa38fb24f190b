"""The way of a case on the map of its process: where it was, where it is, what can follow."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.console.asking import Api
from api.console.pictures import CaseWay, NextStatus, Stop

# Of a long way a case page tells so many stops, the last ones; the map has all.
MOST_STOPS: Final = 12
LEAST_BEEN: Final = 2


async def law_of(api: Api, case: Mapping[str, Any]) -> Any:
    """The process under which a case goes. What is published never changes: it is asked once."""
    kind = case["measure"]["entitlement"]
    key = (case["edition"], kind, api.language)
    if key not in api.laws:
        address = f"/v1/definitions/{case['edition']}"
        api.laws[key] = await api.get(address, entitlement=kind)
    return api.laws[key]


def course(
    case: Mapping[str, Any], events: Sequence[Mapping[str, Any]], law: Mapping[str, Any]
) -> CaseWay:
    """The way of the period that goes on, or of the one that is shown."""
    # That its order ended is a status that a supplier alone sees, and no process has.
    told = {one["status"]: one["status_label"] for one in (case, *case["periods"])}
    labels = labels_of(law) | told
    here, number, since = _present(case)
    been: list[tuple[str, str | None]] = []
    for one in events:
        if one["to"] in labels and one["period"] == number and been[-1:] != [one["to"]]:
            been.append((one["to"], one["at"]))
    if been and been[-1][0] == here:
        since = been.pop()[1]
    stops = [Stop(status, labels[status], "been", at) for status, at in been]
    stops.append(Stop(here, labels[here], "here", since))
    straight = law["straight"]
    if here in straight:
        ahead = straight[straight.index(here) + 1 :]
        stops += [Stop(one, labels[one], "ahead") for one in ahead]
    following = straight[straight.index(here) + 1] if here in straight[:-1] else None
    turns = sorted(turns_from(law, here, labels), key=lambda one: one.status != following)
    return CaseWay(stops, turns)


def shortened(way: CaseWay) -> CaseWay:
    """The same without what was long ago."""
    been = sum(one.place == "been" for one in way.stops)
    over = been - max(MOST_STOPS - len(way.stops) + been, LEAST_BEEN)
    return way if over <= 0 else CaseWay(way.stops[over:], way.turns, over)


def _present(case: Mapping[str, Any]) -> tuple[str, int, str | None]:
    """The status where a period is, its number, and since when if that is known."""
    periods = case["periods"]
    leading = case["next"].get("period") or (periods[-1]["number"] if periods else 1)
    for one in periods:
        if one["number"] == leading or len(periods) == 1:
            same = one["status"] == case["status"]
            return one["status"], one["number"], case["since"] if same else None
    return case["status"], leading, case["since"]


def turns_from(law: Mapping[str, Any], here: str, labels: Mapping[str, str]) -> list[NextStatus]:
    found: dict[str, NextStatus] = {}
    for one in law["moves"]:
        if one["status"] == here:
            turn = found.setdefault(one["to"], NextStatus(one["to"], labels[one["to"]]))
            turn.acts.append(one)
    return list(found.values())


def every_turn(law: Mapping[str, Any]) -> list[tuple[Any, list[NextStatus]]]:
    """Every status of a process with all that can follow it."""
    labels = labels_of(law)
    return [(one, turns_from(law, one["status"], labels)) for one in law["statuses"]]


def labels_of(law: Mapping[str, Any]) -> dict[str, str]:
    """What each status is called."""
    return {one["status"]: one["status_label"] for one in law["statuses"]}


def follows(law: Mapping[str, Any], status: str, command: str) -> list[str]:
    """What a command leads to from a status: one status, or what depends on the case."""
    return [
        turn.label
        for turn in turns_from(law, status, labels_of(law))
        if any(act["name"] == command for act in turn.acts)
    ]
