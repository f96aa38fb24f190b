"""Webhooks: a supplier has its own system told which of its cases have changed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool, StringConstraints
from pydantic_core import InitErrorDetails
from sqlalchemy import Connection

from api.auth import Caller, Guard
from api.cases.live import cursor_in
from api.deps import EngineDep, Parts, PartsDep
from api.language import Text, said
from api.mistakes import mistake_at
from api.once import OnceDep
from api.problems import Invalid, Problem, Refused
from api.register.models import Form
from api.rules import broken
from api.schemas import Answer
from db.engine import reads
from db.sealing import Seal
from db.webhook_tables import Webhook, WebhookAttempt
from db.webhooks import (
    MOST,
    attempts_of,
    cursor_of,
    end_webhook,
    make_webhook,
    move_webhook,
    renew_secret,
    resume_webhook,
    secret_of,
    settled,
    webhooks_of,
)
from domain.messages import Role
from integrations.webhook import LONGEST_URL, mistake_of, shown_secret

router = APIRouter(prefix="/v1", tags=["suppliers"])
CURSOR: Final = r"^[0-9]{1,18}\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


async def _own(caller: Annotated[Caller, Depends(Guard(Role.SUPPLIER))]) -> Caller:
    """Whoever acts for a supplier that the register knows. Problem `not_found`."""
    if caller.on_behalf_of is None:
        raise Problem("not_found")
    return caller


OwnSupplier = Annotated[Caller, Depends(_own)]


class NewWebhook(Form):
    """Where a system of yours listens: `https` and an address of the public internet."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URL)] = Field(
        description="Where it listens; a host of the public internet, by https"
    )


class ChangeWebhook(Form):
    """What is to be otherwise; at least one of them."""

    active: StrictBool | None = Field(
        default=None, description="false: tell it nothing any more; true: tell it again"
    )
    after: Annotated[str, StringConstraints(pattern=CURSOR)] | None = Field(
        default=None,
        description="Tell again what came after this cursor, one that you were told",
    )
    renew_secret: StrictBool = Field(
        default=False, description="Sign with another secret from now on"
    )

    @classmethod
    def broken(cls, said: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        told = said.get("active"), said.get("after"), said.get("renew_secret") or None
        if told == (None, None, None):
            yield broken("one_needed", fields=("active", "after", "renew_secret"))


class WebhookAttemptView(Answer):
    """One attempt to tell it, and what came of it."""

    at: datetime
    changes: int = Field(description="How many changed cases it was told of")
    status: int | None = Field(description="The HTTP status; null: it did not answer")
    fault: str | None = Field(description="Why nobody answered, by code; null: somebody did")
    text: Text = Field(description="What came of it, in words")
    took_ms: int = Field(description="How long it took, in milliseconds")


class WebhookView(Answer):
    """A webhook, how far it has been told, and its last attempts."""

    id: UUID
    url: str = Field(description="Where your system listens")
    active: bool = Field(description="Whether it is told anything")
    ended: str | None = Field(description="Why it is told nothing any more, by code; null: it is")
    text: Text = Field(description="How it stands, in words")
    after: str = Field(description="The cursor of what it was told last")
    failures: int = Field(description="How many attempts in a row went wrong")
    due_at: datetime | None = Field(description="When it is tried again; null: as soon as needed")
    made_at: datetime = Field(description="Since when it is told what changes")
    attempts: list[WebhookAttemptView] = Field(description="The last ones, the newest first")
    secret: str | None = Field(
        description="What signs each message (`webhook-signature`); told once, when it is made"
    )


class WebhookList(Answer):
    """All webhooks of a supplier."""

    webhooks: list[WebhookView] = Field(description="The oldest first")


@router.get("/webhooks", operation_id="listWebhooks", response_model=WebhookList)
def list_all(caller: OwnSupplier, engine: EngineDep) -> dict[str, Any]:
    """The webhooks of your supplier, with their last attempts; nobody's secret."""
    with reads(engine) as connection:
        found = webhooks_of(connection, _supplier(caller))
        return {"webhooks": [told_webhook(connection, one) for one in found]}


@router.post(
    "/webhooks",
    operation_id="makeWebhook",
    response_model=WebhookView,
    status_code=201,
    responses={409: {"description": "Refused, with the reasons"}},
)
def make(form: NewWebhook, caller: OwnSupplier, once: OnceDep, parts: PartsDep) -> dict[str, Any]:
    """From now on your system is told which of your cases have changed.

    Each message is signed as Standard Webhooks has it, with the `secret` that is told now. What is
    not answered with 2xx is said again, later and later, for three days.
    """
    if (mistake := mistake_of(form.url, parts.webhook_networks)) is not None:
        raise Invalid([mistake_at("url", f"webhook_{mistake}")])
    with parts.engine.begin() as connection:
        made = once.make(connection, lambda _: _made(connection, parts, caller, form.url))
        found = _find(connection, caller, UUID(made["id"]))
        return told_webhook(connection, found, parts.seal)


@router.patch(
    "/webhooks/{webhook_id}",
    operation_id="changeWebhook",
    response_model=WebhookView,
    responses={
        404: {"description": "There is none of yours"},
        409: {"description": "The key is in use"},
    },
)
def change(
    webhook_id: UUID, form: ChangeWebhook, caller: OwnSupplier, once: OnceDep, parts: PartsDep
) -> dict[str, Any]:
    """End it, have it go on, tell it again what came after a cursor, or renew its secret."""
    with parts.engine.begin() as connection:
        found = _find(connection, caller, webhook_id)
        once.make(connection, lambda _: _changed(connection, parts.seal, caller, found, form))
        anew = _find(connection, caller, webhook_id)
        return told_webhook(connection, anew, parts.seal if form.renew_secret else None)


def _made(connection: Connection, parts: Parts, caller: Caller, url: str) -> dict[str, Any]:
    made = make_webhook(connection, parts.seal, caller.actor, _supplier(caller), url)
    if made is None:
        raise Refused([{"code": "too_many_webhooks", "facts": {"most": MOST}}])
    return {"id": str(made.id)}


def _changed(
    connection: Connection, sealer: Seal, caller: Caller, found: Webhook, form: ChangeWebhook
) -> dict[str, Any]:
    if form.after is not None:
        after = cursor_in(form.after)
        if after[0] >= settled(connection):
            raise Invalid([mistake_at("after", "cursor_ahead")])
        move_webhook(connection, caller.actor, found, after)
    if form.renew_secret:
        renew_secret(connection, sealer, caller.actor, found)
    if form.active is False and found.ended is None:
        end_webhook(connection, caller.actor, found)
    if form.active and found.ended is not None:
        resume_webhook(connection, caller.actor, found)
    return {}


def _find(connection: Connection, caller: Caller, webhook_id: UUID) -> Webhook:
    for one in webhooks_of(connection, _supplier(caller)):
        if one.id == webhook_id:
            return one
    raise Problem("not_found")


def _supplier(caller: Caller) -> UUID:
    assert caller.on_behalf_of is not None
    return caller.on_behalf_of


def told_webhook(
    connection: Connection, one: Webhook, sealer: Seal | None = None
) -> dict[str, Any]:
    """A webhook in words; with its secret where it is just made."""
    assert one.id is not None
    attempts = attempts_of(connection, one.id)
    stand = one.ended or ("failing_now" if one.failures else "goes_on" if attempts else "untold")
    return {
        "id": one.id,
        "url": one.url,
        "active": one.ended is None,
        "ended": one.ended,
        "text": said(f"webhook.{stand}"),
        "after": cursor_of(one.after_xid, one.after_case),
        "failures": one.failures,
        "due_at": one.due_at if one.failures and one.ended is None else None,
        "made_at": one.made_at,
        "attempts": [_told_attempt(each) for each in attempts],
        "secret": None if sealer is None else shown_secret(secret_of(sealer, one)),
    }


def _told_attempt(one: WebhookAttempt) -> dict[str, Any]:
    if one.status is None:
        words = said(f"webhook.fault.{one.fault}")
    elif 200 <= one.status < 300:
        words = said("webhook.taken")
    else:
        words = said("webhook.refused", status=str(one.status))
    return {
        "at": one.at,
        "changes": one.changes,
        "status": one.status,
        "fault": one.fault,
        "text": words,
        "took_ms": one.took_ms,
    }
