"""Which tables are the record, in one place: how each is covered, or why it is not.

What the application may not change of a row is covered: by the chain of its case, by a line with
its hash, or because it is made again from what is. A test holds this against the rights that the
application has.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

# Each row covers the one before it, case by case.
CHAINED: Final = ("event", "inbox", "linked")
# Made from the events, and compared with what they make.
DERIVED: Final = ("money",)
# By these the others are covered.
HEADS: Final = ("record_line", "record_head", "record_leaves")
# Columns of chained rows that no hash covers: they are compared with `put_away_case`.
PLACED: Final = "year"


class Lined(NamedTuple):
    """A table whose rows have a line each: its key, the columns that may change, and the column
    that says when a row was written (by which clock), where it has one.

    Of an `envelope` the wrapped key in front is not covered: a master key may be changed, and the
    key be destroyed. Such lines have a name of their own; those of before are of whole rows.
    """

    key: tuple[str, ...]
    changing: tuple[str, ...] = ()
    at: str | None = None
    clock: str = "legal_at"
    envelope: str | None = None

    def relation(self, table: str) -> str:
        """How lines of its rows are called."""
        return f"{table}#2" if self.envelope else table


_WALL: Final = "at"
_SWEPT: Final = ("approved_by", "approved_at", "place", "looked_at", "extended", "extended_at")
_CLOSED: Final = ("closed_at", "closed_by", "act_key", "act_hash", "said")
LINED: Final[Mapping[str, Lined]] = {
    "asked_once": Lined(("actor_key", "key"), ("made",), "asked_at", _WALL),
    "audit": Lined(("id",), (), "at"),
    "calendar_change": Lined(("id",), _SWEPT, "proposed_at", _WALL),
    "case_head": Lined(("case_id",), ("person_id", "seq", "hash", "told")),
    "catalogue": Lined(("id",), (), "imported_at"),
    "document": Lined(("sha256", "case_id"), ("year",), "made_at"),
    "edition_change": Lined(("id",), _SWEPT, "proposed_at", _WALL),
    "erasure": Lined(("id",), ("approved_by", "approved_at"), "proposed_at", _WALL),
    "erasure_certificate": Lined(("id",), (), "at"),
    "hold": Lined(("id",), ("released_by", "released_at"), "placed_at", envelope="reason"),
    "intake_task": Lined(("journal_id",), ("due_at", "certificate", "state", *_CLOSED, "told")),
    "journal": Lined(
        ("id",), ("sealed", "verdict", "case_id", "inbox_id", "mistakes"), "received_at"
    ),
    "legal_hold": Lined(("id",), ("lifted_by", "lifted_at"), "placed_at", envelope="reason"),
    "list_export": Lined(("id",), envelope="purpose"),
    "message_notice": Lined(("id",), ("told",)),
    "person_search": Lined(("id",), (), "at", envelope="reason"),
    "put_away_case": Lined(("case_id", "seq", "place"), (), "at", _WALL),
    "receipt": Lined(("channel", "provider_id", "state"), (), "received_at", _WALL),
    "reference_change": Lined(
        ("id",), ("approved_by", "approved_at", "differences"), "proposed_at", _WALL
    ),
    "removal_change": Lined(
        ("id",), ("approved_by", "approved_at", "removal_id"), "proposed_at", _WALL
    ),
    "report_task": Lined(("report_id",), _CLOSED, "opened_at"),
    "representation": Lined(("id",), (), "made_at"),
    "representation_contacts": Lined(("representation_id", "fingerprint")),
    "revocation_list": Lined(("sha256",), (), "kept_at", _WALL),
    "run_reset": Lined(("id",), ("approved_by", "approved_at"), "proposed_at", _WALL),
    "supplier_person": Lined(("supplier_id", "person_id"), (), "since"),
    "supplier_removal": Lined(
        ("id",), ("asked", "settled_at"), "noted_at", _WALL, envelope="sealed"
    ),
    "told_revision": Lined(("measure_key", "kind", "revision")),
    "treasury_report": Lined(
        ("id",),
        ("verdict", "kind", "words", "unclear", "remarks", "not_ours"),
        "received_at",
        envelope="sealed",
    ),
    "waiting_message": Lined(("journal_id",), ("until", "certificate", "ended_at", "overdue_at")),
}
_MADE: Final = "made again from the events of its case: `ozhb cases replay` compares it"
_STANDS: Final = "how things stand now: who changed it is a line of `audit`"
_PASSING: Final = "it goes when it is done with"
# Table → why no row of it is covered.
NOT_COVERED: Final[Mapping[str, str]] = {
    "alembic_version": "the number of the schema",
    "assignment": "whose work it is now",
    "authority": _STANDS,
    "browser_session": _PASSING,
    "case_language": "made from what went out last",
    "case_read": "counted on while somebody looks, in batches after the answer",
    "case_state": _MADE,
    "case_view": _MADE,
    "commission": _STANDS,
    "deadline": _MADE,
    "dispatch": "rewritten as an effect goes on: what came of it is an event",
    "escalation": _MADE,
    "kept_figures": "figures that are counted anew",
    "kept_lists": "a person's own lists",
    "legal_clock": "nobody may move it but the sandbox: each head says what it showed",
    "norm_use": _MADE,
    "offer": "a case keeps the price that it used in its events",
    "office": _STANDS,
    "official": _STANDS,
    "open_deadline": _MADE,
    "outside_system": "whether a system answers now",
    "owed": _MADE,
    "person": "enciphered, and erased when the law says so; it changes with the person",
    "person_key": "erasing a person is deleting it",
    "phone_signing": _PASSING,
    "put_away": "how far putting away has come: `put_away_case` says what was",
    "running_process": _PASSING,
    "silence_place": "how far was looked for silent cases",
    "silent_case": "found anew from what was said last",
    "supplier": _STANDS,
    "supplier_application": "an open one is rewritten: its decision is a line of `audit`",
    "supplier_view": _MADE,
    "unheard": _PASSING,
    "unlinked": _PASSING,
    "upload": "what a command named lies in `document`; the rest goes",
    "wake": _PASSING,
    "webhook": "where a system is told, and how far it is: who changed it is a line of `audit`",
    "webhook_attempt": "it goes after a month; what was told stands in the cases",
    "work": _MADE,
}


class RecordFault(NamedTuple):
    """What is wrong with a row of the record: `what` in a word, and in which case if in one."""

    table: str
    key: Mapping[str, object]
    what: str
    case_id: str | None = None

    def to_json(self) -> dict[str, object]:
        return {**self._asdict(), "key": dict(self.key)}
