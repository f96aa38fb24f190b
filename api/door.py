"""A command from door to answer: known key, facts, inbox and file in one transaction."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from api.access import Parties, actor_of, may_see
from api.auth import Caller
from api.judging import Drafted, Judged
from api.link import Link
from api.problems import Problem
from db.casefile import File, NoSuchCase, opened
from db.documents import Paper, keep_sealed, read_document
from db.engine import reads
from db.inbox import Stored, Submission, actor_key, find, fingerprint, write
from db.persons import key_of
from db.reference import known_of
from db.requests import events_of
from db.sealing import Seal
from db.sides import sides_of
from db.wakes import Untold
from domain.case.periods import meant
from domain.case.state import Case, Period
from domain.messages import SERVICE, Actor, Role
from domain.parties.sides import FOUND, to_be_held
from domain.process import Edition
from integrations.signatures import SignatureVerifier

# A request lives at most ten seconds. What was not in the inbox after so many is turned away, so
# that nothing arrives later than the legal instant it is stamped with.
LATEST_INSERT_SECONDS: Final = 5.0
OUTSIDE_THREADS: Final = 8


@dataclass(frozen=True, slots=True)
class Desk:
    """What is on the desk while a command is prepared: the case as it stands, who asks, and what.

    `said` is what was said of each field of the form, `told` what the decider may see of it;
    `known` is what is known of who asks.
    """

    connection: Connection
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
    known: Mapping[str, Any]

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

    `data` and `facts` hold no personal data. Where it is taken, `papers` are kept with the case,
    and `keep` writes what else there is.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    papers: tuple[Paper, ...] = ()
    keep: Callable[[], None] = lambda: None
    known: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AskedCommand:
    """One command as it came. `body` is its whole content, sealed into the inbox.

    `prepare` turns it into what the decider sees, under the lock of the case: `outside` if it asks
    for verdicts that wait for a system that is not ours. `drafted` is what it is mostly over, to be
    judged before the lock is asked for.
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
    outside: bool = False
    drafted: Callable[["AskedCommand", Connection, Seal], Drafted | None] = lambda *_: None

    @property
    def content(self) -> bytes:
        """The same for the same command to the same case with the same body."""
        return b"\n".join((f"{self.case_id} {self.name} {self.period}".encode(), self.body))


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a message: its events, or the reasons of a refusal.

    `recorded_at` where it is the answer to an earlier request under the same key. `case` is as it
    was then written; `known` of who asked is what holds of it after that too, None where it was not
    looked up, or may not.
    """

    message_id: UUID
    case_id: UUID
    name: str
    events: tuple[dict[str, Any], ...] = ()
    refused: tuple[dict[str, Any], ...] | None = None
    recorded_at: datetime | None = None
    case: Case | None = field(default=None, repr=False)
    known: Mapping[str, Any] | None = None

    @property
    def pending(self) -> bool:
        """It was left in the inbox, and the run of the case has not looked yet."""
        return not self.events and self.refused is None


@dataclass(frozen=True, slots=True)
class Door:
    """Takes commands in. What it has answered for stands in the file."""

    engine: Engine
    seal: Seal
    signatures: SignatureVerifier
    link: Link
    # However many wait for a system that hangs, the threads of all others are free.
    outside: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(OUTSIDE_THREADS))

    async def command(self, asked: AskedCommand) -> Decided:
        """The outcome. Raises Problem: not_found, idempotency_conflict, unavailable."""
        started = time.monotonic()
        threads = self.outside if asked.outside else None
        outcome, untold = await to_thread.run_sync(self._admit, asked, started, limiter=threads)
        if untold:
            self.link.tell(untold)
        return outcome

    def foresee(self, asked: AskedCommand) -> tuple[Case, Decided, list[bytes]]:
        """What a command that waits for no signature would make: the case after it, its events, and
        the papers that they bring. Nothing of it is kept.
        """
        try:
            with self.engine.connect() as connection, connection.begin() as transaction:
                with opened(connection, str(asked.case_id)) as file:
                    now, clock = file.row.arrived, time.monotonic()
                    turn = _Turn(self.seal, file, asked, Judged(), now, clock)
                    made = turn.taken() or turn.taken()  # what waits in the inbox comes first
                    assert made is not None, "it asks for no verdict"
                    named = [event["data"].get("paper") for event in made.events]
                    place = (connection, self.seal, file.case.id)
                    kept = [read_document(*place, one["sha256"]) for one in named if one]
                transaction.rollback()
        except NoSuchCase:
            raise Problem("not_found") from None
        return file.case, made, [one.content for one in kept if one]

    def _admit(self, asked: AskedCommand, started: float) -> tuple[Decided, Untold | None]:
        """The outcome, and what the run of the case must hear of."""
        judged, known = Judged(), False
        came = self._expected(asked, judged) if asked.outside else None
        request = (actor_key(asked.caller.actor), asked.key)
        while True:
            try:
                with (
                    self.engine.begin() as connection,
                    opened(connection, str(asked.case_id), request=request) as file,
                ):
                    # It came when it first asked for the lock, whatever was judged since then.
                    came = came or file.row.arrived
                    turn = _Turn(self.seal, file, asked, judged, came, started)
                    outcome = turn.taken()
            except NoSuchCase:
                raise Problem("not_found") from None
            except IntegrityError:
                # At this moment the key was used in another case: it is known now.
                if known:
                    raise
                known = True
                continue
            if outcome is not None:
                return outcome, file.untold
            judged.judge(self.signatures)

    def _expected(self, asked: AskedCommand, judged: Judged) -> datetime | None:
        """When it came, where what is signed is judged already."""
        with reads(self.engine) as connection:
            drafted = asked.drafted(asked, connection, self.seal)
        if drafted is None:
            return None
        came = judged.expect(drafted)
        judged.judge(self.signatures)
        return came


@dataclass(frozen=True, slots=True)
class _Turn:
    """A command before the open file of its case."""

    seal: Seal
    file: File
    asked: AskedCommand
    judged: Judged
    came: datetime
    started: float

    def taken(self) -> Decided | None:
        """What became of it; None if the file is to be opened again: after what waited in the
        inbox was heard, it may belong to others, and signatures are judged without the lock.
        """
        if self.file.waits:
            self.file.hear()
            return None
        asked = self.asked
        parties = _seen(asked, self.file)
        actor = actor_of(asked.caller, parties)
        # Under the name of who is represented a representative's key is looked up by itself.
        if self.file.row.answered or actor != asked.caller.actor:
            known = find(self.file.connection, actor, asked.key)
            if known is not None:
                return self._known(known)
        unheard = not may_see(asked.caller, parties)
        prepared = Prepared() if unheard else self._prepared(actor)
        if self.judged.waits:
            return None
        if time.monotonic() - self.started > LATEST_INSERT_SECONDS:
            raise Problem("unavailable")
        return self._written(actor, prepared, unheard)

    def _prepared(self, actor: Actor) -> Prepared:
        """With what is known of who asks, whatever is asked: as it was when it was offered."""
        file, asked = self.file, self.asked
        known = known_of(file.connection, file.case, actor)
        desk = Desk(
            connection=file.connection,
            seal=self.seal,
            signatures=self.judged,
            case=file.case,
            edition=file.law,
            actor=actor,
            person=file.row.person_id,
            now=self.came,
            command=asked.name,
            said=asked.said,
            told=asked.told,
            known=known,
        )
        prepared = asked.prepare(desk)
        return replace(prepared, facts={**known, **prepared.facts}, known=known)

    def _written(self, actor: Actor, prepared: Prepared, unheard: bool) -> Decided:
        file, asked = self.file, self.asked
        submission = Submission(
            case_id=file.case.id,
            name=asked.name,
            actor=actor,
            key=asked.key,
            body=asked.content,
            period=asked.period,
            data=dict(prepared.data),
            facts=dict(prepared.facts),
            notice=False,
            at=self.came,
        )
        sides = sides_of(file.case, actor)
        refused = [{"code": "representative_unconfirmed", "facts": {}}] if unheard else None
        stored = write(file, self.seal, submission, refused)
        if not stored.fresh:
            return self._known(stored)
        if stored.refused is None:
            prepared.keep()
            if prepared.papers:
                key = key_of(file.connection, self.seal, file.row)
                keep_sealed(file.connection, key, file.case.id, prepared.papers)
        elif told := _conflict(file.case, file.law, prepared, stored):
            write(file, self.seal, told)
        known = prepared.known if sides == sides_of(file.case, actor) else None
        return replace(outcome_of(file.connection, stored), case=file.case, known=known)

    def _known(self, known: Stored) -> Decided:
        if known.body_hash != fingerprint(self.seal, self.asked.content):
            raise Problem("idempotency_conflict")
        found = outcome_of(self.file.connection, known)
        return replace(found, recorded_at=known.message.at)


def _conflict(case: Case, law: Edition, prepared: Prepared, refused: Stored) -> Submission | None:
    """What a refused command shows of both sides is told to the case, so that it is held."""
    acts_for, actor = prepared.facts.get("acts_for", {}), refused.message.actor
    if not to_be_held(case, acts_for, actor, law.process):
        return None
    if actor.role == Role.SUPPLIER and actor.id and actor.on_behalf_of:
        known = acts_for.get(actor.on_behalf_of, ())
        acts_for = {**acts_for, actor.on_behalf_of: sorted({*known, actor.id})}
    return Submission(
        case_id=case.id,
        name=FOUND,
        actor=SERVICE,
        key=f"sides:{refused.message.id}",
        body=b"",
        facts={"acts_for": acts_for},
    )


def outcome_of(connection: Connection, stored: Stored) -> Decided:
    """What became of a row of the inbox."""
    message, case_id = stored.message, UUID(stored.case_id)
    if stored.refused is not None:
        refused = tuple(stored.refused)
        return Decided(UUID(message.id), case_id, message.name, refused=refused)
    if stored.events:
        made = [event.model_dump() for event in stored.events]
        return _outcome(UUID(message.id), case_id, message.name, made)
    return outcome_in_file(connection, UUID(message.id), case_id, message.name)


def outcome_in_file(connection: Connection, message: UUID, case_id: UUID, name: str) -> Decided:
    """What the file says of a message that was let in."""
    return _outcome(message, case_id, name, events_of(connection, case_id, str(message)))


def _outcome(message: UUID, case_id: UUID, name: str, events: list[dict[str, Any]]) -> Decided:
    if events and events[0]["type"] == "refused":
        return Decided(message, case_id, name, refused=tuple(events[0]["data"]["reasons"]))
    return Decided(message, case_id, name, events=tuple(events))


def _seen(asked: AskedCommand, file: File) -> Parties:
    """To whom the case belongs. To those who may not see it, it does not exist."""
    parties = Parties.of(file.row._mapping) if file.case.seq else None
    if parties is None or not (may_see(asked.caller, parties) or _awaited(asked, file.case)):
        raise Problem("not_found")
    if file.row.wrapped is None and asked.caller.person == parties.recipient:
        raise Problem("not_found")  # they were erased since they signed in
    return parties


def _awaited(asked: AskedCommand, case: Case) -> bool:
    """Whose power waits for a second caseworker is told so, and sees nothing more (row L6)."""
    if asked.caller.role != Role.RECIPIENT or case.measure is None:
        return False
    return case.measure.acting.awaits(str(asked.caller.person))
