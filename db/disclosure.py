"""What of a case goes into the proof bundle of one who may not see all of it.

Nothing is told but what is named here: everything else of an event stands in it by its digest.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db.chains import EventPart, Path, commitment
from db.notices import SentNotice

# Parts of an event that timelines tell both sides, by their places and all that lies below.
_TOLD: Final[tuple[Path, ...]] = (
    *((name,) for name in ("case_id", "seq", "type", "row", "message_id", "at", "period")),
    *((name,) for name in ("recorded_at", "xid")),
    ("actor", "role"),
    *(("data", name) for name in ("basis", "paper", "documents")),
    ("data", "first", "message"),
    ("data", "case", "measure", "reference"),
    *(("data", "period", "application", name) for name in ("version", "sha256", "registered_at")),
    *(("data", "period", "application", "account", name) for name in ("sha256", "cms_sha256")),
)
# By what the case of a file is known, whoever sees its first event.
_OF_CASE: Final[tuple[Path, ...]] = (("case_id",), ("data", "case", "measure", "reference"))
# Of the signatures over an application, which are by role.
_SIGNATURES: Final = ("data", "period", "application", "signatures")
_OF_SIGNATURE: Final = frozenset(("at", "cms_sha256"))


@dataclass(frozen=True)
class Disclosure:
    """What one side is told of a case.

    `lines`: the events that it sees, with the status that each led to (None: all of them);
    `terms` likewise, by period, term and revision. `persons` are facts of refusals that name
    somebody. `documents` are hashes of papers, `notice` says which texts went to this side, and
    `looks`: whether it is told who looked.
    """

    side: str
    lines: Mapping[int, str | None] | None
    terms: Collection[tuple[int, str, int]] | None
    persons: Collection[str]
    documents: Collection[str]
    notice: Callable[[SentNotice], bool]
    looks: bool

    def last(self, seq: int) -> int:
        """The number of the last event that is seen, of a file of so many."""
        return seq if self.lines is None else max(self.lines, default=0)

    def sees(self, seq: int) -> bool:
        """Whether anything of an event is told."""
        return self.lines is None or seq in self.lines

    def sees_term(self, period: int, term: str, revision: int) -> bool:
        """Whether the value of a deadline is told."""
        return self.terms is None or (period, term, revision) in self.terms

    def told(self, seq: int, period: int, part: EventPart) -> bool:
        """Whether a part of an event is told."""
        path, value = part.path, part.value
        if not self.sees(seq):
            return path in _OF_CASE
        if path == ("data", "to"):
            return self.lines is None or self.lines[seq] == value
        if path[:2] == ("data", "reasons"):
            return not any(name in one.get("facts", ()) for one in value for name in self.persons)
        if path[:2] == ("data", "deadlines") and len(path) == 3:
            return self.sees_term(period, value["term"], value["revision"])
        if path[: len(_SIGNATURES)] == _SIGNATURES:
            return len(path) == len(_SIGNATURES) + 2 and path[-1] in _OF_SIGNATURE
        return any(path[: len(one)] == one for one in _TOLD)


def disclosed(
    disclosure: Disclosure, event: Mapping[str, Any], parts: Sequence[EventPart]
) -> dict[str, Any]:
    """An event of which some parts are told, each with its key, and the others by their digests.

    `event` has number, period, and its place in the chain.
    """
    seq, period = event["seq"], event["period"]
    linked = {name: event[name] for name in ("seq", "previous", "hash")}
    if not disclosure.sees(seq) and seq > 1:
        return {**linked, **({"commitment": commitment(parts).hex()} if parts else {})}
    return {**linked, **({"parts": list(_told(disclosure, seq, period, parts))} if parts else {})}


def _told(
    disclosure: Disclosure, seq: int, period: int, parts: Iterable[EventPart]
) -> Iterable[Any]:
    for one in parts:
        if disclosure.told(seq, period, one):
            yield [list(one.path), one.key.hex(), one.value]
        else:
            yield one.digest.hex()
