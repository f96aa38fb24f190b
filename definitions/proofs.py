"""Proves all that is defined, and that each part has what the others name."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from definitions.calendars import CalendarInvalid, load_calendar, published_calendars
from definitions.catalogues import prove_catalogues
from definitions.citations import provision_code, provisions
from definitions.command_forms import form_faults
from definitions.editions import (
    DefinitionInvalid,
    chapter_texts,
    edition_texts,
    published,
    read_edition,
)
from definitions.faults import CHOICES
from definitions.wording import READERS, codes, prove_texts
from domain.case.awaited import APPEAL
from domain.messages import Role
from domain.process import POLICY, Edition, Process

PEOPLE = {Role.RECIPIENT, Role.SUPPLIER, Role.CASEWORKER, Role.COMMISSION, Role.ADMINISTRATOR}


def prove_definitions() -> list[str]:
    """Every problem of process, editions, calendars, catalogue and texts; none proves them."""
    problems = [*prove_texts(), *prove_catalogues(), *_prove_calendars()]
    made = {}
    for name, text in edition_texts().items():
        try:
            made[name] = read_edition(text)
        except DefinitionInvalid as error:
            return [*problems, str(error)]
    named = {name for one in made.values() for name in one.chapters}
    problems += [f"the chapter {name} is of no edition" for name in chapter_texts().keys() - named]
    needed = {code for one in made.values() for code in needed_texts(one.process)}
    problems += [f"there is no text {code}" for code in needed - set(codes())]
    problems += form_faults(made.values())
    return [*problems, *contradictions(made, published())]


def require_proven() -> None:
    """What every process does before it begins; DefinitionInvalid with all that is wrong."""
    if problems := prove_definitions():
        raise DefinitionInvalid("; ".join(problems))


def contradictions(made: dict[str, Edition], known: dict[str, str]) -> Iterator[str]:
    """What is wrong between editions, by their file; `known` are the published hashes."""
    for name, one in made.items():
        if one.code != name:
            yield f"the edition {name} calls itself {one.code}"
        if known.get(one.code) not in (None, one.hash):
            yield f"the edition {one.code} was published, and has changed"
        if one.code not in known:
            yield f"the edition {one.code} is not among the published ones"
        bases = (*(term.basis for term in one.terms.values()), *one.bases.values())
        terms = {cited for basis in bases for cited in provisions(basis)}
        for code in (
            *_below("law.article", map(provision_code, sorted(terms))),
            *_below("law.value", one.values),
            *_below("law.proof", one.proofs),
            *_below("law.choice_of", (*CHOICES, one.second_approver)),
            f"law.page.{one.open_cases}",
        ):
            if code not in codes("law"):
                yield f"there is no text {code}"
        for kind in one.entitlements:
            if f"entitlement.{kind}" not in codes("entitlement"):
                yield f"there is no text entitlement.{kind}"
        for group, grounds in (
            ("ground", one.refusal_grounds),
            ("pause_ground", one.pause_grounds),
            ("reopening_ground", one.reopening_grounds),
            ("correctable", one.correctable_fields),
        ):
            for ground in grounds:
                if f"{group}.{ground}" not in codes(group):
                    yield f"there is no text {group}.{ground}"
        named = {code for row in one.process.rows for code in row.basis} - {POLICY, *made}
        yield from (f"{name}: rows cite for {code}, which is no edition" for code in sorted(named))
    yield from (f"the published edition {code} is gone" for code in known if code not in made)
    for a, b in combinations(made.values(), 2):
        if a.precedence == b.precedence and _overlap(a, b):
            yield f"the editions {a.code} and {b.code} hold on one day, and neither goes before"
        if set(a.title.values()) & set(b.title.values()):
            yield f"the editions {a.code} and {b.code} have one title"


def needed_texts(process: Process) -> set[str]:
    """The codes of texts that the process needs in every language."""
    rows = process.rows
    told = [word.split(":")[1] for row in rows for word in row.effects if word.startswith("tell:")]
    waits = [status.waits_for for status in process.statuses.values()]
    return {
        *_below("status", (code for code in process.statuses if code != "none")),
        *_below("waits_for", (who for who in waits if who != "signers")),
        *_below("otherwise", process.terms),
        *(f"act.{who}.{term}" for who, term in _acts(process)),
        *_below("happened", {"refused", *(row.event for row in rows)}),
        *(f"now.{who}.{code}" for who in READERS for code in process.statuses if code != "none"),
        *_below("law.untimed", (one.untimed for one in process.statuses.values() if one.untimed)),
        *_below("command", (row.on for row in rows if PEOPLE & set(row.by))),
        *_below("task", (code for row in rows for code in (*row.opens, *row.asks))),
        *(f"notice.{name}.{part}" for name in told for part in ("sms", "email_body")),
        *_law_texts(process),
    }


def _acts(process: Process) -> Iterator[tuple[str, str]]:
    """Who is told what to do for which term."""
    for name, term in process.terms.items():
        yield from ((who, name) for who in term.met_by if who in READERS)
    for status in process.statuses.values():
        yield from ((who, APPEAL) for who in status.appealed_by)


def _law_texts(process: Process) -> Iterator[str]:
    """What the documentation of the law says of rows, terms and articles."""
    rows, terms = process.rows, process.terms
    told = {row.on for row in rows if not PEOPLE & set(row.by)}
    yield from _below("law.row", {row.id for row in rows})
    yield from _below("law.message", told - {term.fires for term in terms.values()})
    yield from _below("law.term", terms)
    yield from _below("law.actor", {who for row in rows for who in row.by})
    yield from _below("law.when", {name for row in rows for name in row.when})
    yield from _below("law.guard", {name for row in rows for name in row.guards})
    yield from _below(
        "law.effect", {name.partition(":")[0] for row in rows for name in row.effects}
    )
    yield from _below("law.policy", {row.policy for row in rows if row.policy})
    for row in rows:
        for basis in (basis for code, basis in row.basis.items() if code != POLICY):
            yield from _below("law.article", map(provision_code, provisions(basis)))


def _below(group: str, names: Iterable[str]) -> Iterator[str]:
    return (f"{group}.{name}" for name in names)


def _overlap(a: Edition, b: Edition) -> bool:
    later, earlier = (a, b) if a.valid_from >= b.valid_from else (b, a)
    return earlier.valid_to is None or later.valid_from <= earlier.valid_to


def _prove_calendars() -> Iterator[str]:
    for version in published_calendars():
        try:
            reasons = set(load_calendar(version).off.values())
        except CalendarInvalid as error:
            yield str(error)
            continue
        named = {f"day_off.{r.partition(':')[2]}" for r in reasons if "transferred" not in r}
        yield from (f"there is no text {code}" for code in sorted(named - set(codes("day_off"))))
