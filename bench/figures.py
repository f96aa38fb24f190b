"""From turns to figures: medians with their spread, and what they should be."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.turns import Turn

PARTS: Final = ("temporal", "worker", "postgres", "api")
SIGNED: Final = ("place_order", "sign")

# What the figures should be, and on which side of it they should lie; those without are told only.
AIMS: Final = {
    "cpu_ratio": ("≤", 1.2),
    "cpu_ratio_all": ("≤", 2.4),
    "cases_ratio": ("≥", 0.5),
    "events_ratio": ("≤", 0.9),
    "command_ratio": ("≤", 1.5),
    "plain_command_ratio": ("≤", 1.2),
    "get_ratio": ("≥", 0.15),
    "list_ratio": ("≥", 0.06),
    "statements_per_case": ("≤", 150.0),
    "transactions_per_case": ("≤", 40.0),
    "wal_bytes_per_case": ("≤", 100_000.0),
}


def ratios(ours: Turn, bare: Turn, dbos: Turn, paced: Turn) -> dict[str, float]:
    """Of one round. The bare flow has two parts, DBOS its app and PostgreSQL.

    `paced` is the bare flow at the pace of ours: the server writes down together what comes close
    together, so that a case costs it the less, the more of them run.
    """
    base, at_our_pace = bare.cpu("temporal", "worker"), paced.cpu("temporal", "worker")
    return {
        "cpu_ratio": ours.cpu("temporal", "worker") / base,
        "cpu_ratio_all": ours.cpu(*PARTS) / base,
        "paced_cpu_ratio": ours.cpu("temporal", "worker") / at_our_pace,
        "paced_cpu_ratio_all": ours.cpu(*PARTS) / at_our_pace,
        "dbos_cpu_ratio": ours.cpu(*PARTS) / dbos.cpu("app", "postgres"),
        "cases_ratio": ours.cases_per_second / bare.cases_per_second,
        "command_ratio": ours.answer_ms() / bare.answer_ms(),
        "plain_command_ratio": ours.answer_ms(*SIGNED) / bare.answer_ms(),
    }


def reading_ratios(rates: Mapping[str, Sequence[float]]) -> list[dict[str, float]]:
    """Round by round."""
    rounds = zip(rates["get"], rates["list"], rates["bare"], strict=True)
    return [{"get_ratio": get / bare, "list_ratio": many / bare} for get, many, bare in rounds]


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def spread(rounds: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """The least and the most of each."""
    found = {name: [one[name] for one in rounds] for name in rounds[0]}
    return {name: (min(values), max(values)) for name, values in found.items()}


def judged(found: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Each aim, and whether it is met."""
    return {
        name: {
            "aim": f"{side} {aim:g}",
            "met": found[name] <= aim if side == "≤" else found[name] >= aim,
        }
        for name, (side, aim) in AIMS.items()
    }


def show(
    console: Console,
    found: Mapping[str, float],
    spreads: Mapping[str, tuple[float, float]],
    turns: Mapping[str, Sequence[Turn]],
) -> None:
    """The figures with their aims, and where the CPU of a case goes."""
    table = Table(title="beside a bare Temporal flow and DBOS in the same run")
    for heading in ("figure", "found", "least to most", "aim", ""):
        table.add_column(heading)
    aims = judged(found)
    for name, value in found.items():
        around = " to ".join(f"{one:.3g}" for one in spreads.get(name, ()))
        aim = aims.get(name)
        told = ("", "") if aim is None else (aim["aim"], "met" if aim["met"] else "missed")
        table.add_row(name, f"{value:.6g}", around, *told)
    console.print(table)
    cpu = Table(title="CPU milliseconds a case; sandbox and load belong to nobody's sum")
    columns = (*PARTS, "app", "sandbox", "load", "cases/s", "answer ms")
    for heading in ("", *columns):
        cpu.add_column(heading, no_wrap=True)
    for side, several in turns.items():
        spent = medians([one.cpu_ms for one in several])
        spent["cases/s"] = median(one.cases_per_second for one in several)
        if all(one.answers for one in several):
            spent["answer ms"] = median(one.answer_ms() for one in several)
        cpu.add_row(side, *(f"{spent[one]:.1f}" if one in spent else "" for one in columns))
    console.print(cpu)
