"""The types that a definition of the process and an edition of the law are read into."""

from datetime import date
from functools import cached_property
from typing import Final

from pydantic import Field

from domain.case.entitlements import Entitlement, Variant
from domain.messages import Frozen, Role

# The id of rows that write no more than a line into the file.
BOOKKEEPING: Final = "-"
# The key of a basis under which a row names a rule of the portal itself.
POLICY = "policy"


class Status(Frozen):
    """One status: whom it waits for, the term that limits it, and whether it closes the case.

    An open one without a term says why nothing limits it (`untimed`, a code with a text).
    `in_rounds`: where one of many periods would come to it, it comes there instead (row Q3).
    `appealed_by`: who may appeal it, where it was decided after a hearing.
    """

    waits_for: str
    term: str | None = None
    in_rounds: str | None = None
    untimed: str | None = None
    closed: bool = False
    appealed_by: tuple[Role, ...] = ()


class TermRule(Frozen):
    """How a term behaves: in which statuses it runs and what it sends when it runs out.

    Leaving them stops it for good, unless it `outlives` them: then the same deadline runs again on
    return. A term that is `unstoppable` goes on while the case is paused (row L8).
    `binds` are the parties whose term it is: they are told where it moves by itself (L13, L14).
    `met_by` says who can keep it, and by which commands; none where it is done outside the portal,
    or by a system. A term that nobody can keep only has to pass.
    Before the end of a term is recorded the inbox is asked for what was submitted in time.
    """

    runs_in: tuple[str, ...]
    fires: str
    reminds: str | None = None
    outlives: bool = False
    unstoppable: bool = False
    binds: tuple[str, ...] = ()
    met_by: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Row(Frozen):
    """One row of the process.

    `stops` are terms that end without running out; `pauses` and `resumes` terms that stand still
    and go on (`*`: all that may; `here`: all of the status); `cancels` kinds of effects no longer
    wanted; `opens` tasks of the caseworker, `asks` those of the commission; `paper` says that the
    document written for the act goes into the file; `confirms` the kind of decision in which this
    is the second person's part. `basis` has the article by edition, and under
    `policy` the portal's own rule where no text was found.
    """

    id: str
    source: tuple[str, ...]
    on: str
    by: tuple[Role, ...]
    when: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    event: str
    records: str | None = None
    to: str | None = None
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    cancels: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    closes: tuple[str, ...] = ()
    paper: bool = False
    confirms: str | None = None
    basis: dict[str, str] = Field(default_factory=dict)

    def article(self, edition: str) -> str | None:
        """What the row cites under an edition; None where it is policy."""
        return None if edition == POLICY else self.basis.get(edition)

    @property
    def policy(self) -> str | None:
        """The rule of the portal that stands in for an article (text `law.policy.…`)."""
        return self.basis.get(POLICY)


class WholeCase(Frozen):
    """Messages about the whole case: in `every` open period, or `once` in the one that leads."""

    every: tuple[str, ...] = ()
    once: tuple[str, ...] = ()


class Asking(Frozen):
    """While a text that asks for something is worth sending; other texts are news, and always are.

    `while_in`: in these statuses, any if none is named; `term`: while it runs, on its last day too;
    `unsigned`: to those alone who have not signed; `unaccounted`: while no account is named.
    """

    while_in: tuple[str, ...] = ()
    term: str | None = None
    unsigned: bool = False
    unaccounted: bool = False


class Process(Frozen):
    """Statuses, terms, messages and rows of all chapters: what must happen to a measure.

    `messages` are all that some row takes, each with what its body says at least; `asking` the
    texts that ask for something.
    """

    statuses: dict[str, Status]
    terms: dict[str, TermRule]
    messages: dict[str, tuple[str, ...]]
    asking: dict[str, Asking] = Field(default_factory=dict)
    whole_case: WholeCase = WholeCase()
    rows: tuple[Row, ...]

    @cached_property
    def table(self) -> dict[tuple[str, str], tuple[Row, ...]]:
        """Rows by status and message, in the order of the chapters; `*` stands for every status."""
        table: dict[tuple[str, str], tuple[Row, ...]] = {}
        for row in self.rows:
            for status in self.expand(row.source):
                table[status, row.on] = (*table.get((status, row.on), ()), row)
        return table

    @cached_property
    def commands(self) -> dict[Role, tuple[str, ...]]:
        """By role all that its people may ever ask for, in the order of the process."""
        return {
            role: tuple(dict.fromkeys(row.on for row in self.rows if role in row.by))
            for role in Role
        }

    @cached_property
    def ends(self) -> dict[str, tuple[Row, ...]]:
        """By task the rows with which it is done."""
        tasks = {task for row in self.rows for task in row.closes}
        return {task: tuple(row for row in self.rows if task in row.closes) for task in tasks}

    def expand(self, source: tuple[str, ...]) -> tuple[str, ...]:
        """The statuses that a source names: `*` all, `open` and `closed` by the status itself."""
        named: dict[str, None] = {}
        for word in source:
            if word in ("*", "open", "closed"):
                for code, status in self.statuses.items():
                    if code != "none" and (word == "*" or status.closed == (word == "closed")):
                        named[code] = None
            else:
                named[word] = None
        return tuple(named)


class TermLength(Frozen):
    """How long a term is under an edition, and the text that says so (`policy` where none does)."""

    length: str
    basis: str
    reminders: tuple[str, ...] = ()


class Edition(Frozen):
    """The law in force on a day: terms, signatories, citations.

    Its process is made of `chapters`, whose rows are tried in their order.
    `cites_as` is the edition whose articles its rows cite, where that is another, as of an amended
    act; `signers_of` are the categories that others sign than `required_signers`; `proofs` the
    ways of notice that count (row N2).
    """

    code: str
    cites_as: str | None = None
    hash: str
    chapters: tuple[str, ...]
    title: dict[str, str]
    valid_from: date
    valid_to: date | None = None
    precedence: int
    open_cases: str
    acts: tuple[str, ...]
    required_signers: tuple[str, ...]
    signers_of: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    proofs: tuple[str, ...]
    funds_check: bool
    acceptance: bool
    second_approver: str
    refusal_grounds: tuple[str, ...]
    pause_grounds: tuple[str, ...]
    consent_acts: tuple[str, ...]
    reopening_grounds: tuple[str, ...]
    correctable_fields: tuple[str, ...]
    values: dict[str, str]
    bases: dict[str, str]
    terms: dict[str, TermLength]
    entitlements: dict[Entitlement, Variant]
    process: Process

    @cached_property
    def _variants(self) -> dict[Entitlement, "Edition"]:
        return {kind: _varied(self, variant) for kind, variant in self.entitlements.items()}

    def of(self, entitlement: Entitlement) -> "Edition":
        """This edition as it holds for one kind of entitlement, under the same hash."""
        variant = self.entitlements[entitlement]
        # A copy that was changed has its variants of before: where nothing differs, none is asked.
        return self._variants[entitlement] if variant.without or variant.terms else self

    @property
    def citing(self) -> str:
        """Under which edition a row's basis has the article."""
        return self.cites_as or self.code

    def signers(self, category: str) -> tuple[str, ...]:
        """Who must sign the application for a measure of a category (row A2)."""
        return self.signers_of.get(category, self.required_signers)


def _varied(edition: Edition, variant: Variant) -> Edition:
    if not variant.without and not variant.terms:
        return edition
    rows = tuple(row for row in edition.process.rows if row.id not in variant.without)
    terms = {name: TermLength(**one.model_dump()) for name, one in variant.terms.items()}
    # Not a copy: what is made of the rows is made anew of those that are left.
    process = Process.model_construct(**{**dict(edition.process), "rows": rows})
    return edition.model_copy(update={"process": process, "terms": {**edition.terms, **terms}})
