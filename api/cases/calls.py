"""Commands: what is asked of a case, prepared, decided, and answered with the case as it is then.

A command is data: its rows in the process, its form in `definitions/commands`, its texts. Where the
decider needs more than the form says (an offer, a verdict on a signature), one function prepares
it; the others are taken as they are.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from api.auth import Caller
from api.cases import facts, parties
from api.cases.choices import OF_CASE, read_form
from api.cases.pages import PRIVATE, Pages
from api.cases.papers import papered, returned
from api.cases.signed import drafted
from api.cases.uploads import FIELD, with_documents
from api.door import AskedCommand, Decided, Desk, Door, Prepared
from api.labels import labelled
from api.mistakes import mistake_at, mistakes_in
from api.problems import Invalid, Problem, Refused, told_reasons
from api.rendering import dump
from db.engine import reads
from db.pool import ReadPool
from definitions.command_forms import CommandForm, FormInvalid, Said, command_forms
from definitions.editions import editions
from domain.case.outlook import PEOPLE
from domain.messages import Role

PREPARED: Final[Mapping[str, Callable[[Desk], Prepared]]] = {
    "contest_deadline": facts.contesting,
    "place_order": facts.ordering,
    "sign": facts.signing,
    "change_account": facts.changing_account,
    "mark_delivered": facts.delivering,
    "accept": facts.accepting,
    "attest_handover": facts.accepting,
    "change_content": facts.changing_content,
    "change_contacts": facts.changing_contacts,
    "approve": facts.approving,
    "escalate": facts.escalating,
    "answer_escalation": facts.answering,
    "enter_successor": facts.entering_successor,
    "begin_representation": parties.beginning_representation,
    "confirm_representation": parties.confirming_representation,
    "refuse_representation": parties.in_every_case,
    "end_representation": parties.in_every_case,
    "record_capacity": parties.in_every_case,
    "consent": parties.consenting,
    "move": parties.moving,
    "return_application": returned,
    "return_unremedied": returned,
    "intend_closing": papered("preliminary_closing"),
    "close": papered("closing"),
    "intend_refusal": papered("preliminary_refusal"),
    "withdraw_intention": papered("withdrawal"),
    "answer_objection": papered("answer"),
    "refuse": papered("refusal"),
    "grant_contest": papered("contest_granted"),
    "deny_contest": papered("contest_denied"),
    "confirm_no_supplier": papered("no_supplier_confirmed"),
    "deny_no_supplier": papered("no_supplier_denied"),
    "dismiss_complaint": papered("complaint_dismissed"),
    "order_remedy": papered("remedy"),
    "decide_for_supplier": facts.for_supplier(papered("for_supplier")),
    "decide_for_recipient": papered("for_recipient"),
    "find_breach": papered("breach"),
}


@cache
def roles_of(command: str) -> frozenset[Role]:
    """Who may ever ask for a command, by the rows of every edition."""
    laws = editions().values()
    return frozenset(
        role for role in PEOPLE if any(command in one.process.commands[role] for one in laws)
    )


def read_command(caller: Caller, body: Any) -> tuple[CommandForm, Said]:
    """What is asked for. Problem `not_allowed` for who never may; Invalid with every mistake."""
    if not isinstance(body, dict):
        raise Invalid([mistake_at("", "wrong_type", expected="expected.object")])
    name = body.get("command")
    form = command_forms().get(name) if isinstance(name, str) else None
    if form is None:
        allowed = ", ".join(one for one in command_forms() if caller.role in roles_of(one))
        code = "required" if name is None else "not_allowed_value"
        raise Invalid([mistake_at("command", code, allowed=allowed)])
    if caller.role not in roles_of(form.name):
        raise Problem("not_allowed")
    try:
        return form, form.read(body)
    except FormInvalid as invalid:
        raise Invalid(mistakes_in(invalid.faults)) from None


@dataclass(frozen=True, slots=True)
class Call:
    """One command on its way: to which case, by whom, under which key."""

    door: Door
    pages: Pages
    pool: ReadPool
    case_id: UUID
    caller: Caller
    key: str

    async def make(self, form: CommandForm, said: Said) -> Response:
        """Ask, and answer with the case as the caller sees it now."""
        asked = asked_for(self.case_id, self.caller, self.key, form, said)
        outcome = await self.door.command(asked)
        if outcome.refused is not None:
            possible = await run_in_threadpool(self._possible, form, said)
            message = str(outcome.message_id)
            raise Refused(outcome.refused, outcome.recorded_at, message=message, possible=possible)
        try:
            known = (outcome.case, outcome.known)
            page = await self.pages.changed(self.pool, self.caller, self.case_id, *known)
        except Problem as problem:
            if problem.code != "not_found":
                raise
            return Response(status_code=204, headers=PRIVATE)  # it is not theirs any more
        told = page.body[:-1] + b',"outcome":' + dump(labelled(told_outcome(outcome))) + b"}"
        headers = {"ETag": page.etag, **PRIVATE}
        return Response(told, headers=headers, media_type="application/json")

    def _possible(self, form: CommandForm, said: Said) -> dict[str, Any]:
        """Of what was said and the case decides, what may be said instead, as its form has it."""
        named = [one for one in form.fields if one in OF_CASE and said[one] is not None]
        if not named:
            return {}
        try:
            with reads(self.door.engine) as connection:
                asked = (self.caller, self.case_id, form.name, said["period"], said)
                own = read_form(connection, self.door.seal, *asked)
        except Problem as problem:
            if problem.code != "not_found":
                raise
            return {}  # there is no such period
        return {name: own["properties"][name] for name in named}


def asked_for(
    case_id: UUID, caller: Caller, key: str, form: CommandForm, said: Said
) -> AskedCommand:
    """A command as the door takes it."""
    return AskedCommand(
        case_id=case_id,
        name=form.name,
        caller=caller,
        key=key,
        body=_content(said),
        said=said,
        told=form.told(said),
        prepare=with_documents(PREPARED.get(form.name, facts.plain)),
        period=said["period"],
        outside=form.signed,
        drafted=drafted,
    )


def _content(said: Said) -> bytes:
    """What is sealed into the inbox, and what a repetition under the same key must say again.

    Before documents could be named, nothing stood in their place: without any it stays so.
    """
    kept = {name: one for name, one in said.items() if name != FIELD or one is not None}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()


def told_outcome(outcome: Decided) -> dict[str, Any]:
    """An outcome in JSON."""
    shown = ("seq", "type", "row", "at", "period")
    return {
        "message": str(outcome.message_id),
        "events": [
            {**{name: event[name] for name in shown}, "to": event["data"].get("to")}
            for event in outcome.events
        ],
        "refused": None if outcome.refused is None else told_reasons(outcome.refused),
    }
