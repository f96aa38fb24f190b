"""What a run of tests found, as the passport of a release tells it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any


def run_as_facts(stats: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """How many tests passed, in all and by file, which failed, and what they told of themselves."""
    passed = list(stats.get("passed", ()))
    broken = [*stats.get("failed", ()), *stats.get("error", ())]
    told: defaultdict[str, list[Any]] = defaultdict(list)
    for report in (*passed, *broken):
        for name, value in report.user_properties:
            told[name].append(value)
    return {
        "passed": len(passed),
        "failed": sorted({report.nodeid for report in broken}),
        "skipped": len(stats.get("skipped", ())),
        "by_file": dict(Counter(report.nodeid.partition("::")[0] for report in passed)),
        "told": dict(told),
    }
