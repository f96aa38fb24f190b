"""Which runs are to be told of what was recorded, or was left in an inbox."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

_LEFT = text(
    "WITH word AS (INSERT INTO unheard (inbox_id, case_id)"
    " SELECT id, case_id FROM inbox WHERE id = ANY(CAST(:words AS uuid[])) RETURNING case_id)"
    " INSERT INTO wake (case_id, seq) SELECT case_id, seq FROM case_head"
    " WHERE case_id IN (SELECT case_id FROM word) ORDER BY case_id"
    " ON CONFLICT (case_id) DO UPDATE SET seq = excluded.seq"
)
# Younger ones are being told by whoever recorded.
_UNHEARD = text(
    "UPDATE wake SET tried_at = clock_timestamp() WHERE case_id IN (SELECT case_id FROM wake"
    " WHERE tried_at < clock_timestamp() - interval '2 seconds'"
    " ORDER BY tried_at LIMIT :most FOR UPDATE SKIP LOCKED) RETURNING case_id"
)


def left(connection: Connection, words: Iterable[str]) -> None:
    """Messages (by id) were left in the inboxes of several cases, whose runs will look for them.

    Nobody holds the locks of many cases at once: two who did would wait for each other.
    """
    connection.execute(_LEFT, {"words": list(words)})


def unheard(connection: Connection, most: int) -> list[str]:
    """The cases whose runs are to be told, and have not looked for a moment: the oldest.

    One that cannot be told now comes again after all others.
    """
    return [str(one) for one in connection.execute(_UNHEARD, {"most": most}).scalars()]
