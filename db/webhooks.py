"""What suppliers' systems are told by themselves: which webhook is due, with what, and what came of
it.

Nothing is lost and nothing overtakes: what is told comes after a cursor, and the cursor moves only
when the other side has taken it. What was taken and not noted is told again.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, text, update
from sqlmodel import col, select

from db.audit import note
from db.envelopes import envelop, open_envelope
from db.rows import lock, models
from db.sealing import Seal
from db.webhook_tables import Webhook, WebhookAttempt
from domain.messages import Actor

MOST: Final = 5
# So many that have ended are remembered.
MOST_ENDED: Final = 15
SECRET_BYTES: Final = 32
# Of changes that are told at once.
PART: Final = 100
SHOWN_ATTEMPTS: Final = 20
# A worker that took a webhook in hand and died is followed by another.
LEASE: Final = timedelta(seconds=60)
SOONEST, LATEST = timedelta(seconds=5), timedelta(hours=1)
# Who takes nothing for so long is told nothing any more.
PATIENCE: Final = timedelta(days=3)
KEPT: Final = timedelta(days=30)
GONE: Final = 410
ASKED, FAILING = "asked", "failing"
LAST_ID: Final = UUID(int=2**128 - 1)
_SETTLED: Final = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_NEW: Final = (
    f" FROM supplier_view s WHERE s.supplier_id = w.supplier_id AND s.xid < {_SETTLED}"
    " AND (s.xid, s.case_id) > (w.after_xid, w.after_case)"
)
_TAKE: Final = text(
    "UPDATE webhook SET due_at = clock_timestamp() + :lease WHERE id IN (SELECT w.id FROM webhook w"
    " WHERE w.ended IS NULL AND (w.due_at IS NULL OR w.due_at <= clock_timestamp())"
    f" AND EXISTS (SELECT {_NEW})"
    " ORDER BY w.due_at NULLS FIRST LIMIT :most FOR UPDATE OF w SKIP LOCKED)"
    " RETURNING id, url, secret, after_xid, after_case, failures"
)
_CHANGES: Final = text(
    "SELECT s.xid, s.case_id, s.seq, e.at FROM webhook w CROSS JOIN LATERAL"
    f" (SELECT s.xid, s.case_id, s.seq {_NEW} ORDER BY s.xid, s.case_id LIMIT :most) s"
    " JOIN event e ON e.case_id = s.case_id AND e.seq = s.seq WHERE w.id = :id"
    " ORDER BY s.xid, s.case_id"
)


class DueWebhook(NamedTuple):
    """One that is told something now, and how far it was told before."""

    id: UUID
    url: str
    secret: bytes
    after: tuple[int, UUID]
    failures: int


class TellingOutcome(NamedTuple):
    """What came of an attempt: an HTTP status, or what went wrong instead."""

    status: int | None
    fault: str | None
    took_ms: int

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def make_webhook(
    connection: Connection, sealer: Seal, actor: Actor, supplier: UUID, url: str
) -> Webhook | None:
    """From now on the address is told what changes; None where there are as many as may be."""
    lock(connection, f"webhooks of {supplier}")
    known = webhooks_of(connection, supplier)
    if sum(one.ended is None for one in known) >= MOST:
        return None
    over = [one.id for one in known if one.ended is not None][:-MOST_ENDED]
    of_them = col(WebhookAttempt.webhook_id).in_(over)
    connection.execute(delete(WebhookAttempt).where(of_them))
    connection.execute(delete(Webhook).where(col(Webhook.id).in_(over)))
    named: dict[str, Any] = {
        "supplier_id": supplier,
        "url": url,
        "secret": envelop(sealer, secrets.token_bytes(SECRET_BYTES)),
        "after_xid": settled(connection) - 1,
        "after_case": LAST_ID,
    }
    made = models(connection, insert(Webhook).values(**named).returning(Webhook)).one()
    note(connection, actor, "webhook_made", _id(made))
    return made


def settled(connection: Connection) -> int:
    """Before this transaction number nothing changes any more."""
    found: int = connection.execute(text(f"SELECT {_SETTLED}")).scalar_one()
    return found


def webhooks_of(connection: Connection, supplier: UUID) -> list[Webhook]:
    """All of a supplier, the oldest first; also those that have ended."""
    asked = select(Webhook).where(col(Webhook.supplier_id) == supplier).order_by(col(Webhook.id))
    return list(models(connection, asked))


def attempts_of(connection: Connection, webhook: UUID) -> list[WebhookAttempt]:
    """The last ones, the newest first."""
    asked = select(WebhookAttempt).where(col(WebhookAttempt.webhook_id) == webhook)
    newest = asked.order_by(col(WebhookAttempt.id).desc()).limit(SHOWN_ATTEMPTS)
    return list(models(connection, newest))


def secret_of(sealer: Seal, webhook: Webhook) -> bytes:
    """What both sides know. Unreadable without its master key."""
    return open_envelope(sealer, bytes(webhook.secret))


def end_webhook(connection: Connection, actor: Actor, webhook: Webhook) -> None:
    """It is told nothing any more until somebody has it go on."""
    _change(connection, webhook, ended=ASKED)
    note(connection, actor, "webhook_ended", _id(webhook))


def resume_webhook(connection: Connection, actor: Actor, webhook: Webhook) -> None:
    """It is told what has changed since, at once."""
    _change(connection, webhook, ended=None, failures=0, failing_since=None, due_at=None)
    note(connection, actor, "webhook_resumed", _id(webhook))


def move_webhook(
    connection: Connection, actor: Actor, webhook: Webhook, after: tuple[int, UUID]
) -> None:
    """It is told again what came after a cursor, or from there on."""
    _change(connection, webhook, after_xid=after[0], after_case=after[1], due_at=None)
    note(connection, actor, "webhook_moved", _id(webhook))


def renew_secret(connection: Connection, sealer: Seal, actor: Actor, webhook: Webhook) -> None:
    """From now on everything is signed with another secret."""
    secret = envelop(sealer, secrets.token_bytes(SECRET_BYTES))
    _change(connection, webhook, secret=secret)
    note(connection, actor, "webhook_secret_renewed", _id(webhook))


def take_due(connection: Connection, most: int) -> list[DueWebhook]:
    """Those that have something to be told and may be told it now; nobody else takes them."""
    taken = connection.execute(_TAKE, {"most": most, "lease": LEASE})
    return [
        DueWebhook(
            row.id, row.url, bytes(row.secret), (row.after_xid, row.after_case), row.failures
        )
        for row in taken
    ]


def changes_for(connection: Connection, webhook: UUID) -> Sequence[Row[Any]]:
    """What it is told next: transaction, case, up to which event, and when."""
    return connection.execute(_CHANGES, {"id": webhook, "most": PART}).all()


def settle(
    connection: Connection, due: DueWebhook, told: Sequence[Row[Any]], outcome: TellingOutcome
) -> None:
    """Note an attempt: it goes on, or is tried again later, or has ended.

    Where somebody has moved its cursor meanwhile, that holds.
    """
    attempt = {"webhook_id": due.id, "changes": len(told), **outcome._asdict()}
    connection.execute(insert(WebhookAttempt).values(**attempt))
    old = col(WebhookAttempt.at) < func.clock_timestamp() - KEPT
    connection.execute(delete(WebhookAttempt).where(col(WebhookAttempt.webhook_id) == due.id, old))
    moving = update(Webhook).where(
        col(Webhook.id) == due.id,
        col(Webhook.after_xid) == due.after[0],
        col(Webhook.after_case) == due.after[1],
    )
    if outcome.taken:
        last = {"after_xid": told[-1].xid, "after_case": told[-1].case_id}
        connection.execute(moving.values(**last, failures=0, failing_since=None, due_at=None))
        return
    since = func.coalesce(col(Webhook.failing_since), func.clock_timestamp())
    connection.execute(
        moving.values(
            failures=due.failures + 1,
            failing_since=since,
            due_at=func.clock_timestamp() + pause_after(due.failures),
        )
    )
    over = update(Webhook).where(col(Webhook.id) == due.id, col(Webhook.ended).is_(None))
    if outcome.status == GONE:
        connection.execute(over.values(ended="gone"))
    else:
        late = col(Webhook.failing_since) < func.clock_timestamp() - PATIENCE
        connection.execute(over.where(late).values(ended=FAILING))


def cursor_of(transaction: int, case: UUID) -> str:
    """A place among all changes, as streams write it too."""
    return f"{transaction}.{case}"


def pause_after(failures: int) -> timedelta:
    """How long to wait after so many attempts that went wrong before."""
    return min(SOONEST * (1 << min(failures, 20)), LATEST)


def _change(connection: Connection, webhook: Webhook, **values: Any) -> None:
    connection.execute(update(Webhook).where(col(Webhook.id) == webhook.id).values(**values))


def _id(webhook: Webhook) -> UUID:
    assert webhook.id is not None
    return webhook.id
