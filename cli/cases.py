"""`ozhb cases`: look at cases, see what is stuck, and get it going again."""

from typing import Annotated, Any, Final
from uuid import uuid4

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cli.administrator import Administrator, case_id, known_id
from cli.find import find
from cli.noun import noun
from cli.screen import AsJson, as_table, done, print_json, screen
from cli.what_if import what_if

app = noun("Look at cases and help those that are stuck.")
app.command("what-if")(what_if)
app.command()(find)
OPERATIONS: Final = "/v1/operations"
# The last events that `show` lists.
LAST: Final = 30
REPLAYED_AT_ONCE: Final = 20
WOKEN_AT_ONCE: Final = 200
REBUILT_AT_ONCE: Final = 50

Case = Annotated[str, typer.Argument(help="Reference or id of the case.", callback=case_id)]
MaybeCase = Annotated[
    str | None,
    typer.Argument(
        help="Reference or id of the case.", callback=lambda text: text and case_id(text)
    ),
]


@app.command()
def show(case: Case, as_json: AsJson = False) -> None:
    """Inspect a case: its state, what it waits for, how often that was tried, its last events."""
    administrator = Administrator()
    found = administrator.get(f"/v1/cases/{case}/inspection")
    if as_json:
        print_json(found)
        return
    console, page = screen(), administrator.get(f"/v1/cases/{case}")
    first = max(found["seq"] - LAST, 0)
    events = administrator.get(f"/v1/cases/{case}/events?after={first}&noted=true")["events"]
    console.print(_facts(found, page))
    console.print(found["temporal"]["url"] or found["temporal"]["workflow_id"])
    for title, rows in (
        ("owed to the outside", [_owed(one) for one in found["outbox"]]),
        ("messages without an event", [_message(one) for one in found["waiting"]]),
        ("last events", [_event(one) for one in reversed(events)]),
    ):
        if rows:
            console.print(as_table(title, rows))


def _facts(found: dict[str, Any], page: dict[str, Any]) -> Table:
    """The case in words; beside the status its code, by which logs and metrics have it."""
    temporal = found["temporal"]
    run = temporal["status"] or ("no run" if temporal["reachable"] else "Temporal is away")
    task = temporal["task"]
    if task and task["attempt"] > 1:
        run += f", its task fails: {task['error'] or task['cause']}, attempt {task['attempt']}"
    table = Table(show_header=False, title=f"{found['reference']}  {found['id']}")
    coming = page["next"]
    table.add_row("status", f"{page['status_label']} ({found['status']})")
    table.add_row("now", coming["text"])
    table.add_row("until", coming["last_day"] or "-")
    table.add_row("otherwise", coming["otherwise"] or "-")
    for task in page["tasks"]:
        table.add_row("to do", task["label"])
    table.add_row("events", str(found["seq"]))
    table.add_row("run", run)
    return table


def _owed(one: dict[str, Any]) -> dict[str, Any]:
    activity = one["activity"] or {}
    return {
        "effect": one["key"],
        "kind": one["kind"],
        "since": one["asked_at"],
        "attempt": activity.get("attempt"),
        "last error": activity.get("last_error"),
        "next attempt": activity.get("next_attempt_at"),
    }


def _message(one: dict[str, Any]) -> dict[str, Any]:
    return {"message": one["name"], "by": one["by"], "age": _age(one)}


def _age(one: dict[str, Any]) -> str:
    """`age_seconds` in the largest unit of which there are at least two."""
    seconds = int(one["age_seconds"])
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _event(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "seq": one["seq"],
        "what": one["text"],
        "by": one["actor"]["role"],
        "at": one["at"],
        "row": one["row"],
    }


@app.command()
def stuck(as_json: AsJson = False) -> None:
    """List every case that does not go on by itself: why, since when, who must act, what helps.

    Exit code 1: something is, or a question was not answered.
    """
    found = Administrator().get("/v1/operations/stuck")
    if as_json:
        print_json(found)
    else:
        _show_stuck(found)
    raise typer.Exit(1 if found["stuck"] or not found["complete"] else 0)


_HOW: Final = {
    "more": "only the oldest are shown",
    "timed_out": "not answered in time",
    "away": "could not be asked",
}


def _show_stuck(found: dict[str, Any]) -> None:
    console = screen()
    for one in found["questions"]:
        if how := _HOW.get(one["status"]):
            console.print(f"not complete: {one['name'].replace('_', ' ')}: {how}")
    for one in found["holds"]:
        said = f"held by an administrator: {one['switch']}, waiting: {one['waiting']}"
        console.print(f"{said}, since {one['placed_at']}: {one['reason']}", soft_wrap=True)
    if not found["stuck"] and found["complete"]:
        console.print("nothing is stuck")
    for one in found["stuck"]:
        who = ", ".join(who.replace("_", " ") for who in one["who"]) or "nobody"
        helps = ", ".join(remedy["label"] for remedy in one["remedies"]) or "nothing from here"
        what = _what(one)
        console.print(f"[bold]{what}[/bold]  {one['status']}, {_age(one)}", soft_wrap=True)
        console.print(f"  {one['text']}. Must act: {who}. Helps: {helps}.", soft_wrap=True)
        if session := one["detail"].get("session"):
            said = f"{one['detail']['program']}: {one['detail']['doing_label']}"
            ends = f"SELECT pg_terminate_backend({session})"
            console.print(f"  held by session {session}, {said}; {ends} ends it", soft_wrap=True)


def _what(one: dict[str, Any]) -> str:
    """A case, or what became none."""
    if one["treasury_report"]:
        return f"treasury report {one['treasury_report']}"
    return str(one["reference"] if one["case_id"] else f"intake task {one['intake_task']}")


@app.command()
def escalate(
    case: Case,
    to: Annotated[str, typer.Option(help="Whom: a person's id or the code of a desk.")],
    reason: Annotated[str, typer.Option(help="Why, in words; kept enciphered.")],
    as_json: AsJson = False,
) -> None:
    """Put a question to a named person or desk; it stays visible until it is answered."""
    found = _command(case, {"command": "escalate", "to": to, "reason": reason})
    done(found, as_json, f"passed to {to}")


@app.command()
def answer(
    case: Case,
    escalation: Annotated[str, typer.Option(help="Which question: the id of the escalation.")],
    reason: Annotated[str, typer.Option(help="The answer, in words; kept enciphered.")],
    as_json: AsJson = False,
) -> None:
    """Answer a question that was passed on."""
    said = {"command": "answer_escalation", "escalation": escalation, "reason": reason}
    found = _command(case, said)
    done(found, as_json, "answered")


def _command(case: str, said: dict[str, str]) -> Any:
    return Administrator().post(
        f"/v1/cases/{case}/commands", said, **{"Idempotency-Key": str(uuid4())}
    )


@app.command()
def replay(
    case: MaybeCase = None,
    every: Annotated[bool, typer.Option("--all", help="Every open case.")] = False,
    as_json: AsJson = False,
) -> None:
    """Replay the stored history and decide every message again, changing nothing.

    Exit code 1 if a case would not replay, or would be decided otherwise.
    """
    if (case is None) != every:
        raise typer.BadParameter("name a case, or --all")
    if case is not None:
        found = _operate("replay", case=case)
    else:
        parts = _by_parts("replay", REPLAYED_AT_ONCE, "replaying")
        found = {"checked": _sum(parts), "cases": [one for part in parts for one in part["cases"]]}
    bad = [one for one in found["cases"] if one["failure"] or one["rehearsal"]["differences"]]
    if as_json:
        print_json(found)
    else:
        _show_replays(found, bad)
    raise typer.Exit(1 if bad else 0)


def _show_replays(found: dict[str, Any], bad: list[dict[str, Any]]) -> None:
    console = screen()
    console.print(f"{found['checked']} replayed, {len(bad)} not as recorded")
    for one in found["cases"]:
        if not one["kept"]:
            console.print(f"{one['case_id']}: no history was to be had, only decided again")
        for message in one["rehearsal"]["unknown"]:
            console.print(f"{one['case_id']}: nothing keeps what {message} said")
    for one in bad:
        if one["failure"]:
            console.print(f"{one['case_id']}: {one['failure']['cause']}")
        if rows := one["rehearsal"]["differences"]:
            console.print(as_table(one["case_id"], rows))


@app.command()
def retry(
    case: Case,
    activity: Annotated[str | None, typer.Option(help="Only this one, by its id.")] = None,
    as_json: AsJson = False,
) -> None:
    """Try now what is parked or fails."""
    found = _operate("retry", case=case, activity=activity)
    steps = [one["kind"] for one in found["activities"]]
    if (found["task"] or {}).get("attempt", 0) > 1:
        steps.append("the failing task")
    done(found, as_json, f"trying again: {', '.join(steps)}" if steps else "nothing was waiting")


@app.command()
def reset(
    case: Case,
    to_seq: Annotated[int | None, typer.Option(help="After so many events of the file.")] = None,
    to_event: Annotated[int | None, typer.Option(help="At an event of the history.")] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Propose it to a second administrator.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what taking the run of a case back to a point would do; --apply proposes it."""
    if (to_seq is None) == (to_event is None):
        raise typer.BadParameter("name --to-seq or --to-event")
    point = {"to_event": to_event} if to_seq is None else {"to_seq": to_seq}
    found = _operate("reset", case=case, dry_run=not apply, **point)
    _tell_reset(found, as_json)


@app.command(name="approve-reset")
def approve_reset(
    case: Case,
    proposal: Annotated[str, typer.Argument(help="Id of the proposed reset.", callback=known_id)],
    as_json: AsJson = False,
) -> None:
    """Approve, as the second administrator, the reset that another proposed: it is done."""
    _tell_reset(_operate("approve_reset", case=case, reset=proposal), as_json)


def _tell_reset(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    cut, console = found["cut"], screen()
    console.print(
        f"the run keeps its history before event {cut['to_event']} and knows {cut['knows_seq']} of"
        f" {found['recorded']} recorded events; it reads the rest in its first task"
    )
    dropped = [{"dropped": one["name"], "event": one["event_id"]} for one in cut["activities"]]
    dropped += [{"dropped": one["name"], "event": one["event_id"]} for one in cut["timers"]]
    if dropped:
        console.print(as_table("dropped, and asked for again from the file", dropped))
    console.print(f"delivered again: {cut['messages']} messages; waiting: {len(found['waiting'])}")
    if made := found["new_run_id"]:
        console.print(f"the new run is {made}")
    elif proposal := found["proposal"]:
        console.print(f"proposed as {proposal}: another administrator approves it")
    else:
        console.print("nothing was done yet: --apply proposes it")


@app.command()
def rebuild(
    case: MaybeCase = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the projections of the named case anew.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fold the events anew and name every difference; of one case, or of all.

    Exit code 1 if there was one.
    """
    if case is None and apply:
        raise typer.BadParameter("--apply is for one named case")
    if case is not None:
        found = _operate("rebuild", case=case, apply=apply)
    else:
        parts = _by_parts("rebuild", REBUILT_AT_ONCE, "rebuilding")
        found = {
            "checked": _sum(parts),
            "damages": [one for part in parts for one in part["damages"]],
            "applied": False,
        }
    if as_json:
        print_json(found)
    else:
        _show_damages(found)
    raise typer.Exit(1 if found["damages"] else 0)


def _show_damages(found: dict[str, Any]) -> None:
    console = screen()
    console.print(f"{found['checked']} rebuilt, {len(found['damages'])} differences")
    if rows := found["damages"]:
        console.print(as_table("differences", rows))
    if found["applied"]:
        console.print("the projections were written anew")


@app.command()
def restart(as_json: AsJson = False) -> None:
    """Have every open case go on from its file, also on an empty Temporal; harmless to repeat.

    Exit code 1 if a case could not be woken.
    """
    parts = _by_parts("restart", WOKEN_AT_ONCE, "waking")
    failed = [one for part in parts for one in part["failed"]]
    own = [one for part in parts for one in part["own"]]
    checked = _sum(parts)
    found = {"checked": checked, "failed": failed, "own": own}
    told = f"{checked - len(own)} woken" + (f", {len(failed)} not" if failed else "")
    done(found, as_json, told + (f"; {len(own)} of your own are another's" if own else ""))
    raise typer.Exit(1 if failed else 0)


def _operate(kind: str, **said: Any) -> Any:
    return Administrator().post(OPERATIONS, {"kind": kind, **said})


def _by_parts(kind: str, limit: int, doing: str) -> list[dict[str, Any]]:
    """All cases, a part after another, with progress on the error stream."""
    administrator = Administrator()
    parts: list[dict[str, Any]] = []
    after: str | None = None
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(doing, total=None)
        while not parts or after is not None:
            place = {} if after is None else {"after": after}
            parts.append(administrator.post(OPERATIONS, {"kind": kind, **place, "limit": limit}))
            after = parts[-1]["next"]
            progress.update(task, total=parts[-1]["total"], advance=parts[-1]["checked"])
    return parts


def _sum(parts: list[dict[str, Any]]) -> int:
    return sum(part["checked"] for part in parts)
