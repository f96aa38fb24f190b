"""What waits to be done, and for how long: figures for whoever watches the system."""

from typing import Final, NamedTuple

from sqlalchemy import Connection, text

# What, since when, by which clock, and where it stands.
_WAITS: Final = (
    ("'wake'", "since", "clock_timestamp()", "wake"),
    (
        "'message'",
        "received_at",
        "clock_timestamp()",
        "unheard u JOIN inbox i ON i.id = u.inbox_id",
    ),
    ("'envelope'", "received_at", "legal_now()", "journal WHERE verdict = 'pending'"),
    (
        "'treasury_report'",
        "received_at",
        "legal_now()",
        "treasury_report WHERE verdict = 'pending'",
    ),
    ("'hold'", "placed_at", "legal_now()", "hold WHERE released_at IS NULL"),
    ("'term'", "rings_at", "legal_now()", "case_state WHERE rings_at <= (SELECT legal_now())"),
    ("kind", "asked_at", "legal_now()", "owed GROUP BY kind"),
)
_ASKED: Final = text(
    " UNION ALL ".join(
        f"SELECT {what} AS what, count(*) AS many,"
        f" extract(epoch FROM {now} - min({since})) AS oldest FROM {place}"
        for what, since, now, place in _WAITS
    )
)


class Backlog(NamedTuple):
    """So much of one kind waits; `oldest` in seconds, 0 where nothing does.

    `wake`: runs to be told of their file; `message`: left in an inbox; `envelope` and
    `treasury_report`: received and not read yet; `hold`: switches that are held; `term`: has
    come by itself, and is not recorded; else a kind of effect.
    """

    what: str
    many: int
    oldest: float


def backlog(connection: Connection) -> list[Backlog]:
    """What waits now. Bounded by what is not done, not by cases."""
    return [
        Backlog(row.what, row.many, max(0.0, float(row.oldest or 0)))
        for row in connection.execute(_ASKED)
    ]
