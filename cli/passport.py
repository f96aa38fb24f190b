"""The passport of a release: one page of what is proven for a build, and of what is not."""

import tomllib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from cli.evidence import Evidence, commit, kept, this_build

State = Literal["proven", "failed", "not proven for this build"]
Facts = dict[str, Any]
GAPS: Final = Path("docs/security/asvs.toml")


class ReleaseProof(NamedTuple):
    """What is to be proven, by which command, and how what it found is told.

    `looked`: at how much it looked; below `least` it proves nothing.
    """

    name: str
    what: str
    command: str
    tell: Callable[[Facts], str]
    looked: Callable[[Facts], int]
    least: int = 1


def _passed(facts: Facts) -> int:
    found: int = facts["passed"]
    return found


def _sum(facts: Facts, name: str) -> int:
    return sum(facts["told"].get(name, []))


def _counted(facts: Facts) -> str:
    return f"{facts['passed']} tests passed, {len(facts['failed'])} failed"


def _seeds(facts: Facts) -> str:
    return ", ".join(map(str, facts["told"].get("seed", []))) or "not told"


def _barriers(facts: Facts) -> str:
    failed = sum("test_barriers" in one for one in facts["failed"])
    looked = facts["by_file"].get("tests/pages/test_barriers.py", 0)
    return f"{failed} failures in {looked + failed} ways through all pages; {_counted(facts)}"


def _chaos(facts: Facts) -> str:
    worst = max((one["silence_s"] for one in facts["faults"]), default=0.0)
    wrong = {name: facts[name] for name in ("lost", "doubled", "paid_twice", "unpaid", "damaged")}
    told = ", ".join(f"{name} {_many(value)}" for name, value in wrong.items())
    return f"{len(facts['faults'])} faults, longest silence {worst} s; {told}"


def _many(found: Any) -> int:
    return len(found) if isinstance(found, list | dict) else int(found)


def _libraries(facts: Facts) -> str:
    listed = "sbom.json" if facts["sbom"] else "no CycloneDX file"
    libraries, silent = len(facts["libraries"]), facts["not_checked"]
    return f"{libraries} libraries, {facts['weak']} weak, {silent} not checked; {listed}"


PROOFS: Final = (
    ReleaseProof(
        "replay",
        "open cases go on with this build",
        "ozhb release check --evidence evidence",
        lambda facts: f"{len(facts['failures'])} of {facts['checked']} would break",
        lambda facts: int(facts["checked"]),
    ),
    ReleaseProof(
        "walks",
        "the invariants hold on seeded walks",
        "make verify-process",
        lambda facts: (
            f"{_sum(facts, 'walks')} walks, first seeds {_seeds(facts)}; {_counted(facts)}"
        ),
        lambda facts: _sum(facts, "walks"),
        50_000,
    ),
    ReleaseProof(
        "terms",
        "two calculators of terms agree",
        "make verify-terms",
        lambda facts: f"{facts['terms']}, seed {facts['seed']}: {facts['differences']} differences",
        lambda facts: int(facts["terms"]),
        5_000_000,
    ),
    ReleaseProof(
        "money",
        "no payment is made twice, lost or left unknown",
        "make verify-money",
        lambda facts: f"{_sum(facts, 'runs')} runs, first seed {_seeds(facts)}; {_counted(facts)}",
        lambda facts: _sum(facts, "runs"),
        100_000,
    ),
    ReleaseProof(
        "kill",
        "workers killed at every step lose nothing and pay once",
        "make verify-kill",
        _counted,
        _passed,
    ),
    ReleaseProof(
        "chaos",
        "every part of a cluster may fail",
        "make test-cluster",
        _chaos,
        lambda facts: len(facts["faults"]),
    ),
    ReleaseProof("pages", "no page has a barrier", "make test-pages", _barriers, _passed),
    ReleaseProof(
        "oidc",
        "people and programs sign in by a provider that others made",
        "make verify-oidc",
        _counted,
        _passed,
    ),
    ReleaseProof(
        "dependencies",
        "no library has a known weakness",
        "make audit",
        _libraries,
        # One that nobody could ask about may be weak.
        lambda facts: int(facts["weak"] > 0 or not facts["not_checked"]),
    ),
)


def passport(folder: Path, gaps: Path = GAPS) -> dict[str, Any]:
    """All that is proven for this build. Evidence of another build proves nothing for it."""
    build = this_build()
    found = [_stands(one, kept(one.name, folder), build) for one in PROOFS]
    libraries, chaos = (kept(name, folder) for name in ("dependencies", "chaos"))
    return {
        "build": build,
        "commit": commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "proofs": found,
        "asvs": _asvs(gaps),
        "chaos": chaos.facts["faults"] if chaos is not None and chaos.build == build else [],
        "double_payments": _double(found),
        "libraries": libraries.facts["libraries"] if libraries is not None else [],
    }


def _double(found: list[dict[str, Any]]) -> int | None:
    """None where runs of payments, blows on workers and faults of a cluster do not all prove it."""
    asked = [one["state"] for one in found if one["proof"] in ("money", "kill", "chaos")]
    return 0 if set(asked) == {"proven"} else None


def _stands(proof: ReleaseProof, found: Evidence | None, build: str) -> dict[str, Any]:
    state: State = "not proven for this build"
    if found is None:
        said = f"nothing is kept: {proof.command}"
    elif found.build != build:
        said = f"last proven for {found.build}: {proof.command}"
    else:
        said = proof.tell(found.facts)
        looked = proof.looked(found.facts)
        if looked < proof.least:
            said = f"{said} (too little to prove it)"
        else:
            state = "proven" if found.holds else "failed"
    return {
        "proof": proof.name,
        "what": proof.what,
        "state": state,
        "said": said,
        "at": None if found is None else found.at.isoformat(timespec="seconds"),
        "commit": None if found is None else found.commit,
    }


def _asvs(file: Path) -> dict[str, Any] | None:
    """How many items of ASVS hold, and each that does not; None without the check-out."""
    if not file.exists():
        return None
    chapters = tomllib.loads(file.read_text("utf-8")).values()
    items = {name: item for chapter in chapters for name, item in chapter.items()}
    counted = Counter(item[0] for item in items.values())
    gaps = {name: item[1] for name, item in items.items() if item[0] == "gap"}
    return {"holds": counted["holds"], "none": counted["none"], "gaps": gaps}


def page(told: dict[str, Any]) -> str:
    """The passport as a page of Markdown."""
    lines = [
        f"# Passport of {told['build']}",
        "",
        f"Commit {told['commit'] or 'not known'}, written {told['at']}. Double payments:"
        f" {'not proven for this build' if told['double_payments'] is None else 0}.",
        "",
        *_table(
            ("what", "state", "found", "on", "commit"),
            [[one[name] or "" for name in _SHOWN] for one in told["proofs"]],
        ),
        "",
        "## ASVS 5.0.0, levels 1 and 2",
        "",
    ]
    if (asvs := told["asvs"]) is None:
        lines.append("Not known: docs/security/asvs.toml is not here.")
    else:
        lines += [
            f"{asvs['holds']} items hold, {len(asvs['gaps'])} are gaps,"
            f" {asvs['none']} are of nothing that we have.",
            "",
            *_table(("gap", "what is missing"), [list(one) for one in asvs["gaps"].items()]),
        ]
    if told["chaos"]:
        lines += ["", "## Faults of a cluster", "", *_rows(told["chaos"])]
    if told["libraries"]:
        lines += ["", "## Libraries", "", *_rows([_library(one) for one in told["libraries"]])]
    return "\n".join((*lines, ""))


_SHOWN: Final = ("what", "state", "said", "at", "commit")


def _library(one: dict[str, Any]) -> dict[str, Any]:
    known = one["known"]
    weak = "not checked" if known is None else ", ".join(known) or "none"
    return {**one, "known": weak}


def _rows(rows: list[dict[str, Any]]) -> list[str]:
    return _table(tuple(rows[0]), [list(one.values()) for one in rows])


def _table(head: tuple[str, ...], rows: list[list[Any]]) -> list[str]:
    told = [[str(one).replace("|", "\\|").replace("\n", " ") for one in row] for row in rows]
    return [" | ".join(("", *row, "")).strip() for row in (head, ["---"] * len(head), *told)]
