"""`make bench ARGS=midnight`: thousands of terms that end at one midnight, on one machine.

`python -m bench midnight --cases 2000` does it with fewer. A stack of its own, cases of every
status whose term ends then, their runs begun as `ozhb cases restart` begins them; the legal clock
comes to midnight by itself while people click. Measured is what the files say: when it was
recorded, and when it was to be.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any, Final
from uuid import UUID

import httpx
import psutil
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, bindparam, text

from bench.evening import CLICKED, Evening, write
from bench.meters import read
from bench.product import as_one
from bench.wire import Wire
from cli.administrator import CLAIMS
from cli.home import local_postgres
from cli.postgres import APP, OWNER
from cli.stack import Stack
from cli.token import issue_token
from db.bounds import UNBOUND
from db.engine import make_engine
from db.rebuild import compare, scratch
from db.sealing import Seal
from domain.terms.agenda import GRACE
from domain.terms.counting import end_of_day, local_day
from settings.kinds import key, key_ring

CASES: Final = 10_000
WRITTEN: Final = Path("bench/midnight.json")
# Of the contract, from midnight on.
AIM_SECONDS: Final = 60.0
# So many runs begin a second, at least; what is left of the evening people wait.
STARTED_A_SECOND: Final = 20
SPARE: Final = timedelta(seconds=90)
CLICKS_A_SECOND: Final = 2
CLICKED_BEFORE, CLICKED_AFTER = 40, 80
AT_ONCE: Final = 200
PROVEN: Final = 1_000
PATIENCE_SECONDS: Final = 1_500
REST_SECONDS: Final = 1_200
RECORDED: Final = text(
    "SELECT case_id, message_id, row, extract(epoch FROM recorded_at + :ahead - at) AS late"
    " FROM event WHERE actor_role = 'deadline' AND at = :midnight AND case_id IN :cases"
).bindparams(bindparam("cases", expanding=True))
# By an index: who asks for the rows themselves takes from what is measured.
TO_COME: Final = text("SELECT count(*) FROM case_state WHERE rings_at <= :until")
LEFT: Final = text(
    "SELECT (SELECT count(*) FROM wake) AS untold, (SELECT count(*) FROM owed) AS owed"
)


@dataclass
class Clicks:
    """Recipients who decline over midnight: who was answered when, and how long it took."""

    answered: list[tuple[UUID, datetime, int, float]] = field(default_factory=list)

    def took(self, since: datetime, until: datetime) -> list[float]:
        return [took for _, at, _, took in self.answered if since <= at < until]


@dataclass
class Night:
    """A stack on its evening."""

    stack: Stack
    engine: Engine
    midnight: datetime
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """The legal clock."""
        return datetime.now(UTC) + self.ahead

    async def until(self, instant: datetime) -> None:
        await asyncio.sleep(max(0.0, (instant - self.now()).total_seconds()))

    def move_to(self, instant: datetime) -> None:
        """As the sandbox moves it, before there are runs."""
        said = {"to": instant.isoformat()}
        url = f"{self.stack.urls['sandbox']}/clock/advance"
        answer = httpx.post(url, json=said, timeout=60, trust_env=False)
        self.ahead = timedelta(seconds=answer.raise_for_status().json()["offset_seconds"])

    def begin_runs(self) -> int:
        """Of every case; how many."""
        token = issue_token(self.stack.urls["sandbox"], CLAIMS)["access_token"]
        begun, place, failed = 0, dict[str, str](), list[str]()
        with httpx.Client(base_url=self.stack.urls["api"], timeout=120, trust_env=False) as http:

            def operate(**said: Any) -> Any:
                asked = {"kind": "restart", **said}
                answer = http.post("/v1/operations", json=asked, headers=as_one(token))
                return answer.raise_for_status().json()

            while begun == 0 or place:
                part = operate(limit=AT_ONCE, **place)
                begun += int(part["checked"])
                failed += part["failed"]
                place = {"after": part["next"]} if part["next"] else {}
            # Who was not answered in time is asked again.
            while failed:
                failed = [one for one in failed if operate(case=one)["failed"]]
        return begun

    async def click(self, people: Sequence[tuple[UUID, str]], clicks: Clicks) -> None:
        """One after the other they decline, before midnight and after it."""
        wire = Wire(self.stack.urls["api"])
        await self.until(self.midnight - timedelta(seconds=CLICKED_BEFORE))
        said = json.dumps({"command": "decline", "reason": "Керек емес"}).encode()
        for case, token in people:
            if self.now() > self.midnight + timedelta(seconds=CLICKED_AFTER):
                break
            at, begun = self.now(), time.perf_counter()
            headers = {**as_one(token), "Content-Type": "application/json"}
            answer = await wire.ask("POST", f"/v1/cases/{case}/commands", headers, said)
            took = time.perf_counter() - begun
            clicks.answered.append((case, at, answer.status, took))
            await asyncio.sleep(max(0.0, 1 / CLICKS_A_SECOND - took))
        await wire.close()

    def recorded(self, cases: Sequence[UUID]) -> list[Any]:
        with self.engine.connect() as connection:
            told = {"cases": list(cases), "midnight": self.midnight, "ahead": self.ahead}
            return list(connection.execute(RECORDED, told).all())

    def to_come(self) -> int:
        """How many files have not recorded what has come."""
        with self.engine.connect() as connection:
            found = connection.execute(TO_COME, {"until": self.midnight + GRACE}).scalar_one()
        return int(found)

    def left(self) -> tuple[int, int]:
        with self.engine.connect() as connection:
            untold, owed = connection.execute(LEFT).one()
        return untold, owed


async def play(stack: Stack, cases: int, console: Console) -> dict[str, Any]:
    """The whole night."""
    postgres = local_postgres(stack.home, stack.ports, stack.keys)
    masters, index = stack.keys.person_master_keys, stack.keys.person_index_key
    seal = Seal(masters=key_ring(masters), index_key=key(index))
    midnight = end_of_day(local_day(datetime.now(UTC)) + timedelta(days=2))
    owner = make_engine(postgres.url(OWNER), bounds=UNBOUND)
    night = Night(stack, owner, midnight)
    console.print(f"writing {cases} files that end at {midnight.isoformat()}")
    evening = Evening(midnight, postgres.url(APP), seal)
    found = await asyncio.to_thread(write, evening, cases)
    many = {status: len(listed) for status, listed in found.items()}
    console.print(f"written: {many}")
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    clickers = found[CLICKED][: CLICKS_A_SECOND * (CLICKED_BEFORE + CLICKED_AFTER) // 1]
    clickers = clickers[: len(found[CLICKED]) // 2]
    sandbox = stack.urls["sandbox"]
    people = [
        (case, issue_token(sandbox, {"role": "recipient", "iin": iin})["access_token"])
        for case, iin in clickers
    ]
    clicking = {case for case, _ in people}
    quiet = [one for listed in found.values() for one, _ in listed if one not in clicking]
    night.move_to(midnight - SPARE - timedelta(seconds=cases / STARTED_A_SECOND))
    begun = time.perf_counter()
    started = await asyncio.to_thread(night.begin_runs)
    seconds = time.perf_counter() - begun
    spare = (midnight - night.now()).total_seconds()
    console.print(f"{started} runs begun in {seconds:.0f} s, midnight in {spare:.0f} s")
    if spare < CLICKED_BEFORE:
        raise RuntimeError("midnight came before every run had begun")
    clicks = Clicks()
    click = asyncio.create_task(night.click(people, clicks))
    await night.until(midnight)
    cpu, load = await asyncio.to_thread(read, stack.pids), psutil.getloadavg()[0]
    rows = await _all_recorded(night, quiet, console)
    spent = {name: now - cpu[name] for name, now in read(stack.pids).items()}
    await click
    rested = await _rest(night, console)
    damages = await asyncio.to_thread(_proven, night, quiet)
    owner.dispose()
    return {
        **lateness(rows),
        **_judged(night, clicks, rows),
        "cases": len(quiet),
        "by_status": many,
        "rows": {row: sum(one.row == row for one in rows) for row in {one.row for one in rows}},
        "recorded_cases": len({one.case_id for one in rows}),
        "twice": len(rows) - len({(one.case_id, one.message_id) for one in rows}),
        "cpu_seconds": spent,
        "load_before": load,
        **rested,
        "rebuilt": min(PROVEN, len(quiet)),
        "damages": damages,
        "run_starts_a_second": started / seconds,
    }


async def _all_recorded(night: Night, cases: Sequence[UUID], console: Console) -> list[Any]:
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE_SECONDS:
        await asyncio.sleep(2)
        to_come = await asyncio.to_thread(night.to_come)
        console.print(f"{(night.now() - night.midnight).total_seconds():4.0f} s: {to_come} to come")
        if not to_come:
            break
    return await asyncio.to_thread(night.recorded, cases)


async def _rest(night: Night, console: Console) -> dict[str, Any]:
    """Until every run has heard and nothing is owed, for so long at most."""
    begun = time.monotonic()
    while any(night.left()) and time.monotonic() - begun < REST_SECONDS:
        await asyncio.sleep(5)
    untold, owed = night.left()
    at = (night.now() - night.midnight).total_seconds()
    console.print(f"{at:4.0f} s: {untold} runs to be told, {owed} effects owed")
    return {"at_rest_s": at, "runs_not_told": untold, "effects_owed": owed}


def _proven(night: Night, cases: Sequence[UUID]) -> int:
    step = max(1, len(cases) // PROVEN)
    with scratch(night.engine) as connection:
        return sum(len(compare(connection, str(case))) for case in cases[::step])


def lateness(rows: Sequence[Any]) -> dict[str, float]:
    """Seconds from midnight, and from when it might be recorded."""
    late = [float(one.late) for one in rows]
    cuts = quantiles(late, n=100)
    told = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(late)}
    grace = GRACE.total_seconds()
    after = {f"late_{name}_s": round(value, 2) for name, value in told.items()}
    return after | {
        f"beyond_grace_{name}_s": round(value - grace, 2) for name, value in told.items()
    }


def _judged(night: Night, clicks: Clicks, rows: Sequence[Any]) -> dict[str, Any]:
    """What people were answered; those in time must not have expired."""
    midnight = night.midnight
    in_time = [case for case, at, status, _ in clicks.answered if at < midnight and status == 200]
    expired = night.recorded(in_time) if in_time else []
    windows = {
        "before": clicks.took(midnight - timedelta(minutes=5), midnight),
        "over": clicks.took(midnight, midnight + timedelta(seconds=AIM_SECONDS)),
    }
    return {
        **{
            f"click_{name}_{cut}_ms": round(quantiles(took, n=100)[place] * 1000, 1)
            for name, took in windows.items()
            if len(took) > 1
            for cut, place in (("p50", 49), ("p95", 94), ("p99", 98))
        },
        "clicked_in_time": len(in_time),
        "clicked": len(clicks.answered),
        "in_time_and_expired": len({one.case_id for one in expired}),
        "statuses": sorted({status for *_, status, _ in clicks.answered}),
        "aim_met": bool(rows) and max(float(one.late) for one in rows) <= AIM_SECONDS,
    }


def show(console: Console, found: dict[str, Any]) -> None:
    table = Table(title="a midnight")
    for heading in ("figure", "found"):
        table.add_column(heading)
    for name, value in found.items():
        table.add_row(name, json.dumps(value, ensure_ascii=False))
    console.print(table)


def main(arguments: list[str]) -> None:
    """Play the night, show it, write it down."""
    parser = argparse.ArgumentParser(prog="python -m bench midnight")
    parser.add_argument("--cases", type=int, default=CASES)
    asked, console = parser.parse_args(arguments), Console(width=120)
    os.environ["OZHB_REQUESTS_PER_SECOND"] = "1000000"
    with (
        tempfile.TemporaryDirectory(prefix="ozhb-bench-") as folder,
        Stack(Path(folder) / "stack", None, console.print) as stack,
    ):
        found = asyncio.run(play(stack, asked.cases, console))
    told = {**found, "at": datetime.now(UTC).isoformat(), "cores": psutil.cpu_count()}
    show(console, told)
    WRITTEN.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    console.print(f"written to {WRITTEN}")
