"""What is wrong with a definition of the process or an edition: every mistake in a sentence."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from itertools import chain
from typing import Any

from jsonschema import Draft202012Validator

from definitions.citations import acts, provisions, unread
from definitions.forms import inlined, load_schema
from domain.forecasts.paths import BEGIN, simulate
from domain.messages import Role
from domain.process import POLICY, Process, Row, TermRule
from domain.rules import GUARDS, RECORDERS, SELECTORS
from domain.terms.pauses import EVERY, HERE

# What the outside world can be asked for; a test proves one activity for each.
EFFECTS = frozenset(("notify", "tell", "pay", "enquire", "report", "verify"))
# Open in every status, so that they say nothing about who carries a case on.
EVERYWHERE = frozenset(
    (
        "escalate",
        "answer_escalation",
        "open_case",
        "revoke",
        "revoked",
        "judge_revision",
        "pause",
        "resume",
        "extend_term",
        "begin_representation",
        "end_representation",
        "record_capacity",
        "confirm_representation",
        "refuse_representation",
        "consent",
        "move",
    )
)
# Names for several statuses in a row's source.
GROUPS = ("open", "closed", "*")


def joined(chapters: Mapping[str, dict[str, Any]]) -> Process:
    """The process that chapters make, in their order. What a term sends is a message too.

    A term that runs in `*` runs wherever a case may stand, one in `open` until it has ended.
    """
    made: dict[str, Any] = {"rows": [], "statuses": {}, "terms": {}, "messages": {}}
    for part, content in chain.from_iterable(one.items() for one in chapters.values()):
        held = made.get(part, {})
        made[part] = [*held, *content] if part == "rows" else {**held, **content}
    everywhere = {code: one for code, one in made["statuses"].items() if code != BEGIN}
    ended = [code for code, one in everywhere.items() if one.get("closed")]
    named = {EVERY: [*everywhere], "open": [one for one in everywhere if one not in ended]}
    made["terms"] = {
        name: {**term, "runs_in": named.get(term["runs_in"][0], term["runs_in"])}
        for name, term in made["terms"].items()
    }
    for term in made["terms"].values():
        sent = (term[word] for word in ("fires", "reminds") if word in term)
        made["messages"] |= dict.fromkeys(sent, ("fires",))
    return Process.model_validate(made)


def process_faults(chapters: Mapping[str, dict[str, Any]]) -> list[str]:
    """Every mistake of chapters as read from TOML; by their schema first, then by their sense."""
    if faults := [
        f"{name}: {fault}" for name, raw in chapters.items() for fault in by_schema("chapter", raw)
    ]:
        return faults
    parts = [(part, named) for raw in chapters.values() for part, named in raw.items()]
    defined = Counter((part, name) for part, named in parts if part != "rows" for name in named)
    if faults := [
        f"{part}.{name} is in two chapters" for (part, name), n in defined.items() if n > 1
    ]:
        return faults
    process = joined(chapters)
    if BEGIN not in process.statuses:
        return [f"no chapter has the status {BEGIN}"]
    rows = chain.from_iterable(_unknown(process, row) for row in process.rows)
    if faults := [*rows, *_unknown_elsewhere(process)]:
        return faults
    checks = (_terms, _paths, _untimed, _closing, _stuck, _tasks, _shadowed)
    return list(chain.from_iterable(check(process) for check in checks))


def edition_faults(raw: dict[str, Any], process: Process) -> list[str]:
    """Every mistake of the sense of an edition as read from TOML, under its process."""
    lengths, ends = raw["terms"], raw.get("valid_to")
    faults = [f"no length for the term {one}" for one in process.terms if one not in lengths]
    faults += [f"no term {one} in the process" for one in lengths if one not in process.terms]
    faults += [
        f"the term {one} has reminders that nothing sends"
        for one, length in lengths.items()
        if "reminders" in length and one in process.terms and not process.terms[one].reminds
    ]
    faults += [*_bases(raw, process), *_variants(raw, process)]
    if ends is not None and ends < raw["valid_from"]:
        faults.append("it ends before it begins")
    return faults


# What an edition chooses beside its values; each needs a basis too.
CHOICES = (
    "required_signers",
    "signers_of",
    "proofs",
    "funds_check",
    "acceptance",
    "second_approver",
    "refusal_grounds",
    "pause_grounds",
    "consent_acts",
    "reopening_grounds",
    "correctable_fields",
)


def _bases(raw: dict[str, Any], process: Process) -> Iterator[str]:
    """Every row, value, choice and term says why: an article of an act that held, or policy."""
    code, needed = raw.get("cites_as", raw["code"]), (*CHOICES, *raw["values"])
    cited = {}
    for row in process.rows:
        if (article := row.article(code)) is not None:
            cited[f"row {row.id} ({row.on})"] = article
        elif row.policy is None:
            yield (
                f"row {row.id} ({row.on}) cites nothing for {code}: name an article, "
                "or the rule of the portal as policy"
            )
    yield from (f"the value {name} has no basis" for name in needed if name not in raw["bases"])
    yield from (f"no value {name} for a basis" for name in raw["bases"] if name not in needed)
    cited |= {f"the value {name}": basis for name, basis in raw["bases"].items()}
    cited |= {f"the term {name}": length["basis"] for name, length in raw["terms"].items()}
    for what, basis in cited.items():
        if basis == POLICY and not what.startswith("row"):
            continue
        if unread(basis) or not provisions(basis):
            yield f"{what}: nobody can read the citation {basis}"
        for act in acts(basis):
            if act not in raw["acts"]:
                yield f"{what}: {basis} is of an act that {raw['code']} does not know"


def _variants(raw: dict[str, Any], process: Process) -> Iterator[str]:
    """What a kind of entitlement changes is there to be changed, and says why."""
    known = {row.id for row in process.rows}
    for kind, variant in raw["entitlements"].items():
        without, terms = variant.get("without", {}), variant.get("terms", {})
        yield from (f"{kind}: there is no row {row} to leave out" for row in without.keys() - known)
        yield from (
            f"{kind}: there is no term {term}" for term in terms.keys() - process.terms.keys()
        )
        bases = (variant["basis"], *without.values(), *(one["basis"] for one in terms.values()))
        for basis in bases:
            if basis != POLICY and (unread(basis) or not provisions(basis)):
                yield f"{kind}: nobody can read the citation {basis}"
            for act in acts(basis) if basis != POLICY else ():
                if act not in raw["acts"]:
                    yield f"{kind}: {basis} is of an act that {raw['code']} does not know"


def by_schema(name: str, raw: dict[str, Any]) -> Iterator[str]:
    """What contradicts the JSON Schema of that name, by its place."""
    # TOML has dates and JSON has not: the schema proves their text.
    plain = json.loads(json.dumps(raw, default=date.isoformat))
    for error in _schema(name).iter_errors(plain):
        yield f"{error.json_path}: {error.message}"


@cache
def _schema(name: str) -> Draft202012Validator:
    formats = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(inlined(load_schema(name)), format_checker=formats)


def _told(row: Row) -> str:
    return f"row {row.id} ({row.on} in {', '.join(row.source)})"


def _unknown(process: Process, row: Row) -> Iterator[str]:
    """Names that stand for nothing."""
    named: tuple[tuple[str, Iterable[str], Iterable[str]], ...] = (
        ("selector", row.when, SELECTORS),
        ("guard", row.guards, GUARDS),
        ("record", [row.records] if row.records else [], RECORDERS),
        ("term", (*row.starts, *row.stops), process.terms),
        ("term", (*row.pauses, *row.resumes), (*process.terms, EVERY, HERE)),
        ("status", (*row.source, *([row.to] if row.to else [])), (*process.statuses, *GROUPS)),
        ("message", (row.on,), process.messages),
        ("effect", (word.partition(":")[0] for word in row.effects), EFFECTS),
    )
    for kind, used, known in named:
        yield from (f"{_told(row)}: no {kind} {name}" for name in used if name not in known)


def _unknown_elsewhere(process: Process) -> Iterator[str]:
    for term, rule in process.terms.items():
        for status in rule.runs_in:
            if status not in process.statuses:
                yield f"term {term}: no status {status}"
    taken = {row.on for row in process.rows}
    yield from (
        f"message {name}: no row takes it" for name in process.messages if name not in taken
    )
    for name in (*process.whole_case.every, *process.whole_case.once):
        if name not in process.messages:
            yield f"whole case: no message {name}"
    told = {word.split(":")[1] for row in process.rows for word in row.effects if ":" in word}
    for text, asking in process.asking.items():
        if text not in told:
            yield f"asking {text}: no row tells it"
        if asking.term and asking.term not in process.terms:
            yield f"asking {text}: no term {asking.term}"
        yield from (
            f"asking {text}: no status {one}"
            for one in asking.while_in
            if one not in process.statuses
        )
    for code, limited in process.statuses.items():
        if limited.term and limited.term not in process.terms:
            yield f"status {code}: no term {limited.term}"
        instead = process.statuses.get(limited.in_rounds) if limited.in_rounds else limited
        if instead is None or instead.closed != limited.closed:
            yield f"status {code}: no such status {limited.in_rounds}"


def _terms(process: Process) -> Iterator[str]:
    """A term that runs out is heard, one that is shown runs, and each is started by some row."""
    started = {term for row in process.rows for term in row.starts}
    yield from (f"no row starts the term {term}" for term in process.terms if term not in started)
    for term, rule in process.terms.items():
        for message in (rule.fires, *([rule.reminds] if rule.reminds else [])):
            for status in rule.runs_in:
                rows = process.table.get((status, message), ())
                if not any(Role.DEADLINE in r.by and not r.when and not r.guards for r in rows):
                    yield f"term {term}: nothing is certain to take {message} in {status}"
        yield from _unmet(process, term, rule)
    for row in process.rows:
        where = {row.to} if row.to else set(process.expand(row.source))
        for term in row.starts:
            if not where & set(process.terms[term].runs_in):
                yield f"{_told(row)}: the term {term} does not run there"
        limit = process.statuses[row.to].term if row.to else None
        comes_new = row.to is not None and set(process.expand(row.source)) != {row.to}
        begun = limit is None or limit in row.starts or HERE in row.resumes
        if limit and comes_new and not begun and not process.terms[limit].outlives:
            yield f"{_told(row)}: {row.to} is limited by {limit}, which is not started"


def _unmet(process: Process, term: str, rule: TermRule) -> Iterator[str]:
    """What is said to meet a term is a command of that role somewhere where the term runs."""
    for who, commands in rule.met_by.items():
        for name in commands:
            rows = (row for status in rule.runs_in for row in process.table.get((status, name), ()))
            if not any(who in row.by for row in rows):
                yield f"term {term}: {who} has no {name} while it runs"


def _paths(process: Process) -> Iterator[str]:
    """Every status and row is reached from the first status, and every path can end."""
    found = simulate(process)
    yield from (f"{one} is never reached" for one in found.unused)
    yield from (f"status {code}: no way leads to an end" for code in found.endless)


def _untimed(process: Process) -> Iterator[str]:
    """Every open status has a term, or says why it has none."""
    for code, status in process.statuses.items():
        if not (status.closed or status.term or status.untimed):
            yield f"status {code}: it has no term, and does not say why"
        if status.untimed and (status.closed or status.term):
            yield f"status {code}: it says why it has no term, and needs none"


def _closing(process: Process) -> Iterator[str]:
    """Who is concerned is told of an end, and an end is left only by rows that name it."""
    for row in process.rows:
        closed = row.to is not None and process.statuses[row.to].closed
        if closed and row.on != "result_reported":  # that one acknowledges the report itself
            if "report" not in row.effects:
                yield f"{_told(row)}: E is not told of {row.to}"
            if not any(word.startswith("tell:") for word in row.effects):
                yield f"{_told(row)}: nobody is told of {row.to}"
        if row.to and not closed and {"closed", "*"} & set(row.source):
            yield f"{_told(row)}: leaves closed statuses without naming them"


def _stuck(process: Process) -> Iterator[str]:
    """In every open status whom it waits for can act, and moves it on or a term limits it (9)."""
    for code, status in process.statuses.items():
        if status.closed:
            continue
        waits = {"recipient", "supplier"} if status.waits_for == "signers" else {status.waits_for}
        # The answer of E to a report comes through the service that sent it.
        waits |= {"service"} if status.waits_for == "esobes" else set()
        acts = [
            row
            for row in process.rows
            if code in row.source and row.on not in EVERYWHERE and waits & set(row.by)
            if row.on != "entered" or (row.to and not row.when)
        ]
        if not acts:
            yield f"status {code}: {status.waits_for} can do nothing there"
        elif not status.term and not any(row.to for row in acts):
            yield f"status {code}: {status.waits_for} moves nothing there, and no term runs"


def _tasks(process: Process) -> Iterator[str]:
    opened = {code for row in process.rows for code in (*row.opens, *row.asks)}
    for row in process.rows:
        yield from (
            f"{_told(row)}: closes the task {code}, which nothing opens"
            for code in row.closes
            if code not in opened
        )


def _shadowed(process: Process) -> Iterator[str]:
    """A row that an earlier one always takes the message from is a mistake."""
    alive: Counter[int] = Counter()
    for rows in process.table.values():
        taken: set[Role] = set()
        for row in rows:
            alive[id(row)] += bool(set(row.by) - taken)
            if not row.when:
                taken |= set(row.by)
    for row in process.rows:
        if not alive[id(row)]:
            yield f"{_told(row)}: an earlier row takes every such message"
