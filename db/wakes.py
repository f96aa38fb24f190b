"""Which runs are to be told of what was recorded, or was left in an inbox."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, text

_LEFT = text(
    "WITH word AS (INSERT INTO unheard (inbox_id, case_id)"
    " SELECT id, case_id FROM inbox WHERE id = ANY(CAST(:words AS uuid[])) RETURNING case_id)"
    " INSERT INTO wake (case_id, seq) SELECT case_id, seq + 1 FROM case_head"
    " WHERE case_id IN (SELECT case_id FROM word) ORDER BY case_id"
    " ON CONFLICT (case_id) DO UPDATE SET seq = excluded.seq"
)
# Younger ones are being told by whoever recorded.
_UNHEARD = text(
    "UPDATE wake SET tried_at = clock_timestamp() WHERE case_id IN (SELECT case_id FROM wake"
    " WHERE tried_at < clock_timestamp() - interval '2 seconds'"
    " ORDER BY tried_at LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING case_id, seq"
)
# Whoever holds a row is about to say more of it.
_STRIKE = text(
    "DELETE FROM wake WHERE case_id = ANY(ARRAY(SELECT w.case_id FROM wake w"
    " JOIN unnest(CAST(:cases AS uuid[]), CAST(:seqs AS integer[])) AS t(case_id, seq)"
    " ON t.case_id = w.case_id AND t.seq >= w.seq WHERE NOT EXISTS"
    " (SELECT 1 FROM unheard u WHERE u.case_id = w.case_id) FOR UPDATE OF w SKIP LOCKED))"
)


class Untold(NamedTuple):
    """A case whose run is to be told, and how long its file was then: 0 if that is not known."""

    case_id: str
    seq: int = 0


def left(connection: Connection, words: Iterable[str]) -> None:
    """Messages (by id) were left in the inboxes of several cases, whose runs will look for them:
    with the first of them a file is longer than it is.

    Nobody holds the locks of many cases at once: two who did would wait for each other.
    """
    connection.execute(_LEFT, {"words": list(words)})


def unheard(connection: Connection, most: int) -> list[Untold]:
    """The cases whose runs are to be told, and have not heard for a moment: the oldest.

    One that cannot be told now comes again after all others.
    """
    found = connection.execute(_UNHEARD, {"most": most})
    return [Untold(str(row.case_id), row.seq) for row in found]


def strike(connection: Connection, told: Iterable[Untold]) -> None:
    """Their runs have heard, and Temporal has kept it: unless there is more by now, none is told
    again.
    """
    cases, seqs = zip(*told, strict=True)
    connection.execute(_STRIKE, {"cases": list(cases), "seqs": list(seqs)})
