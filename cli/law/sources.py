"""What the documentation of the law is made from: editions, process, tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cli.law.acceptance import AcceptanceProof
from definitions.citations import provision_code, provisions
from definitions.editions import editions
from domain.process import BOOKKEEPING, POLICY, Edition, Process, Row
from domain.terms.counting import RULES

# Groups of the statuses of an open case; those that close it are a group of their own.
GROUPS = {
    "receipt": ("none", "received", "planned"),
    "notice": ("notifying", "notice_failed"),
    "choice": ("choosing", "choice_expired"),
    "order": ("ordered",),
    "fulfilment": ("in_fulfilment", "delivered", "disputed"),
    "application": ("awaiting_signatures",),
    "review": ("under_review", "awaiting_funds"),
    "payment": ("payment_pending", "payment_failed", "paid", "recovering"),
}
CLOSED = "closed"
# What stands for several statuses in the source of a row, and the text that says so.
EVERYWHERE = {"*": "every_status", "open": "every_open_status", "closed": "every_closed_status"}


class StatusUngrouped(LookupError):
    """A status of the process stands in no group of the diagram."""


@dataclass(frozen=True)
class LawSources:
    """Editions from the earliest on, and by the id of a row the tests that exercise it."""

    editions: tuple[Edition, ...]
    proofs: dict[str, tuple[AcceptanceProof, ...]]

    @property
    def process(self) -> Process:
        """The process of the newest edition."""
        return self.editions[-1].process

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows of every edition, each once."""
        found: list[Row] = []
        for one in self.editions:
            found += [row for row in one.process.rows if row not in found]
        return tuple(found)

    @cached_property
    def fires(self) -> dict[str, str]:
        """The term of each message that says the end of one, under any edition."""
        terms = (one.process.terms.items() for one in self.editions)
        return {term.fires: name for known in terms for name, term in known}

    @cached_property
    def articles(self) -> tuple[str, ...]:
        """Every article that a row, a term or a rule of counting cites, by act and number."""
        bases = [*_bases(self), *RULES.values()]
        return tuple(sorted({one for basis in bases for one in provisions(basis)}, key=_by_number))

    @property
    def open_points(self) -> tuple[str, ...]:
        """The ids of rows after which no test is named."""
        ids = dict.fromkeys(row.id for row in self.rows)
        return tuple(one for one in ids if one != BOOKKEEPING and one not in self.proofs)


def row_ids() -> frozenset[str]:
    """The ids of the rows of every edition."""
    return frozenset(row.id for one in editions().values() for row in one.process.rows)


def read_law(proofs: dict[str, tuple[AcceptanceProof, ...]]) -> LawSources:
    """The published editions; raises DefinitionInvalid where they do not hold."""
    return LawSources(tuple(sorted(editions().values(), key=lambda one: one.valid_from)), proofs)


def group_of(code: str, process: Process) -> str:
    """The group of a status; raises StatusUngrouped."""
    if process.statuses[code].closed:
        return CLOSED
    for group, members in GROUPS.items():
        if code in members:
            return group
    raise StatusUngrouped(f"the status {code} stands in no group of the diagram")


def articles_of(row: Row) -> tuple[str, ...]:
    """What a row cites, whatever the edition."""
    return tuple(basis for code, basis in row.basis.items() if code != POLICY)


def _bases(law: LawSources) -> Iterator[str]:
    for row in law.rows:
        yield from articles_of(row)
    for one in law.editions:
        yield from (term.basis for term in one.terms.values())
        yield from one.bases.values()


def _by_number(provision: str) -> tuple[str, tuple[int, ...]]:
    act, *numbers = provision_code(provision).split("_")
    return act, tuple(int(number) for number in numbers)
