"""A command from door to answer: known key, facts, inbox and file in one transaction."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, Engine, Row

from api.access import Parties, actor_of, may_see
from api.auth import Caller
from api.link import Link
from api.problems import Problem
from db.engine import reads
from db.inbox import Stored, Submission, find, fingerprint, put
from db.reference import known_of
from db.requests import events_of, read_case_row
from db.sealing import Seal
from definitions.calendars import current_calendar
from definitions.editions import edition
from domain.case import Case, Period
from domain.decide import decide
from domain.messages import SERVICE, Actor, Message, Role
from domain.periods import meant
from domain.process import Edition
from domain.sides import FOUND, to_be_held
from integrations.signatures import SignatureVerifier

# A request lives at most ten seconds. What was not in the inbox after so many is turned away, so
# that nothing arrives later than the legal instant it is stamped with.
LATEST_INSERT_SECONDS: Final = 5.0
OUTSIDE_THREADS: Final = 8


@dataclass(frozen=True, slots=True)
class Desk:
    """What is on the desk while a command is prepared: the case as it stands, who asks, and what.

    `said` is what was said of each field of the form, `told` what the decider may see of it.
    """

    engine: Engine
    seal: Seal
    signatures: SignatureVerifier
    case: Case
    edition: Edition
    actor: Actor
    person: UUID
    now: datetime
    command: str
    said: Mapping[str, Any] = field(repr=False)
    told: Mapping[str, Any]

    def period(self, *statuses: str) -> Period | None:
        """The period that is meant, if it stands where the command is possible at all.

        Where the status does not allow a command, nothing is looked up for it.
        """
        if not self.case.periods:
            return None
        found = meant(self.case, self.said["period"], self.edition.process, self.actor)
        if not isinstance(found, Period) or (statuses and found.status not in statuses):
            return None
        return found


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the decider will see, and what is kept in the same transaction as the request.

    `data` and `facts` hold no personal data. `keep` writes documents and the like.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    keep: Callable[[Connection], None] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One command or notice as it came. `body` is its whole content, sealed into the inbox.

    `prepare` turns it into what the decider sees; it may read and verify, not write: `outside` if
    it waits for a system that is not ours. A `notice` is what outside systems report: recorded
    whatever the case thinks of it.
    """

    case_id: UUID
    name: str
    caller: Caller
    key: str
    body: bytes = field(default=b"", repr=False)
    said: Mapping[str, Any] = field(default_factory=dict, repr=False)
    told: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Desk], Prepared] = lambda _: Prepared()
    period: int | None = None
    notice: bool = False
    outside: bool = False

    @property
    def content(self) -> bytes:
        """The same for the same command to the same case with the same body."""
        return b"\n".join((f"{self.case_id} {self.name} {self.period}".encode(), self.body))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: its events, or the reasons of a refusal.

    `recorded_at` where it is the answer to an earlier request under the same key.
    """

    message_id: UUID
    case_id: UUID
    name: str
    events: tuple[dict[str, Any], ...] = ()
    refused: tuple[dict[str, Any], ...] | None = None
    recorded_at: datetime | None = None

    @property
    def pending(self) -> bool:
        """It was left in the inbox, and the run of the case has not looked yet."""
        return not self.events and self.refused is None


@dataclass(frozen=True, slots=True)
class Door:
    """Takes commands and notices in. What it has answered for stands in the file."""

    engine: Engine
    seal: Seal
    signatures: SignatureVerifier
    link: Link
    # However many wait for a system that hangs, the threads of all others are free.
    outside: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(OUTSIDE_THREADS))

    async def command(self, asked: Asked) -> Outcome:
        """The outcome. Raises Problem: not_found, idempotency_conflict, unavailable."""
        started = time.monotonic()
        threads = self.outside if asked.outside else None
        outcome, wakes = await to_thread.run_sync(self._admit, asked, started, limiter=threads)
        if wakes:
            self.link.tell(str(outcome.case_id))
        return outcome

    def _admit(self, asked: Asked, started: float) -> tuple[Outcome, bool]:
        """The outcome, and whether the run of the case must hear of it."""
        with reads(self.engine) as connection:
            row = read_case_row(connection, asked.case_id)
            parties = _seen(asked, row)
            actor = actor_of(asked.caller, parties)
            known = find(connection, actor, asked.key)
        assert row is not None, "a case without a row is not seen"
        if known is not None:
            return self._known(asked, known), False
        state = Case.model_validate(row.state) if row.state else _empty(row)
        desk = Desk(
            engine=self.engine,
            seal=self.seal,
            signatures=self.signatures,
            case=state,
            edition=edition(state.edition),
            actor=actor,
            person=row.person_id,
            now=row.now,
            command=asked.name,
            said=asked.said,
            told=asked.told,
        )
        if not asked.notice and parties is not None and not may_see(asked.caller, parties):
            unheard = [{"code": "representative_unconfirmed", "facts": {}}]
            return self._insert(asked, desk, Prepared(), unheard)
        prepared = self._with_known(asked, desk, asked.prepare(desk))
        refused = None if asked.notice else _refusals(asked, desk, prepared)
        if time.monotonic() - started > LATEST_INSERT_SECONDS:
            raise Problem("unavailable")
        return self._insert(asked, desk, prepared, refused)

    def _with_known(self, asked: Asked, desk: Desk, prepared: Prepared) -> Prepared:
        """Whatever is asked, what is known of who asks is a fact: as it was when it was offered."""
        if asked.notice:
            return prepared
        with reads(self.engine) as connection:
            known = known_of(connection, desk.case, desk.actor)
        return replace(prepared, facts={**known, **prepared.facts})

    def _known(self, asked: Asked, known: Stored) -> Outcome:
        if known.body_hash != fingerprint(self.seal, asked.content):
            raise Problem("idempotency_conflict")
        with reads(self.engine) as connection:
            return replace(outcome_of(connection, known), recorded_at=known.message.at)

    def _insert(
        self,
        asked: Asked,
        desk: Desk,
        prepared: Prepared,
        refused: list[dict[str, Any]] | None,
    ) -> tuple[Outcome, bool]:
        submission = Submission(
            case_id=desk.case.id,
            name=asked.name,
            actor=desk.actor,
            key=asked.key,
            body=asked.content,
            period=asked.period,
            data=dict(prepared.data),
            facts=dict(prepared.facts),
            refused=refused,
        )
        with self.engine.begin() as connection:
            stored = put(connection, self.seal, submission)
            if stored.fresh and refused is None and prepared.keep is not None:
                prepared.keep(connection)
            told = _conflict(desk, prepared, stored) if stored.fresh and refused else None
            wakes = put(connection, self.seal, told).wakes if told else stored.wakes
            outcome = outcome_of(connection, stored)
        return (outcome, wakes) if stored.fresh else (self._known(asked, stored), False)


def _conflict(desk: Desk, prepared: Prepared, refused: Stored) -> Submission | None:
    """What a refused command shows of both sides is told to the case, so that it is held."""
    acts_for = prepared.facts.get("acts_for", {})
    if not to_be_held(desk.case, acts_for, desk.actor, desk.edition.process):
        return None
    actor = desk.actor
    if actor.role == Role.SUPPLIER and actor.id and actor.on_behalf_of:
        known = acts_for.get(actor.on_behalf_of, ())
        acts_for = {**acts_for, actor.on_behalf_of: sorted({*known, actor.id})}
    return Submission(
        case_id=desk.case.id,
        name=FOUND,
        actor=SERVICE,
        key=f"sides:{refused.message.id}",
        body=b"",
        facts={"acts_for": acts_for},
    )


def outcome_of(connection: Connection, stored: Stored) -> Outcome:
    """What became of a row of the inbox."""
    message, case_id = stored.message, UUID(stored.case_id)
    if stored.refused is not None:
        refused = tuple(stored.refused)
        return Outcome(UUID(message.id), case_id, message.name, refused=refused)
    if stored.events:
        made = [event.model_dump() for event in stored.events]
        return _outcome(UUID(message.id), case_id, message.name, made)
    return outcome_in_file(connection, UUID(message.id), case_id, message.name)


def outcome_in_file(connection: Connection, message: UUID, case_id: UUID, name: str) -> Outcome:
    """What the file says of a message that was let in."""
    return _outcome(message, case_id, name, events_of(connection, case_id, str(message)))


def _outcome(message: UUID, case_id: UUID, name: str, events: list[dict[str, Any]]) -> Outcome:
    if events and events[0]["type"] == "refused":
        return Outcome(message, case_id, name, refused=tuple(events[0]["data"]["reasons"]))
    return Outcome(message, case_id, name, events=tuple(events))


def _seen(asked: Asked, row: Row[Any] | None) -> Parties | None:
    """To whom the case belongs. To those who may not see it, it does not exist."""
    parties = None if row is None or row.seq is None else Parties.of(row._mapping)
    if asked.notice and row is not None:
        return parties
    if parties is None or not (may_see(asked.caller, parties) or _awaited(asked, row)):
        raise Problem("not_found")
    return parties


def _awaited(asked: Asked, row: Row[Any] | None) -> bool:
    """Whose power waits for a second caseworker is told so, and sees nothing more (row L6)."""
    if asked.caller.role != Role.RECIPIENT or row is None or not row.state:
        return False
    measure = Case.model_validate(row.state).measure
    return measure is not None and measure.acting.awaits(str(asked.caller.person))


def _empty(row: Row[Any]) -> Case:
    """A case that was received and has no event yet."""
    return Case(id=str(row.case_id), edition=row.edition)


def _refusals(asked: Asked, desk: Desk, prepared: Prepared) -> list[dict[str, Any]] | None:
    """Why the case as it stands would refuse this; under the lock it is decided for good."""
    message = Message(
        id="pre-check",
        name=asked.name,
        at=desk.now,
        actor=desk.actor,
        period=asked.period,
        data=dict(prepared.data),
        facts=dict(prepared.facts),
    )
    first = decide(desk.case, message, desk.edition, current_calendar())[0]
    return list(first.data["reasons"]) if first.type == "refused" else None
