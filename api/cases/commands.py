"""What people ask of a case: commands, each with a form of its own under one address."""

from collections.abc import Set
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth import Reader, require_fresh
from api.cases.calls import Call, read_command, roles_of
from api.deps import IdempotencyKey
from api.reading import JSON, read_json
from api.schemas import CommandAnswer
from api.stepping_up import GRAVE
from definitions.command_forms import command_forms
from domain.messages import Role

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["commands"])

ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": CommandAnswer, "description": "The case, with the effect in it"},
    204: {"description": "Done, and the case is not yours any more"},
    409: {"description": "Refused, with the reasons; or the key is in use"},
}


def component(name: str) -> str:
    """`place_order` → `PlaceOrder`: the name of a command's form in the document."""
    return "".join(part.capitalize() for part in name.split("_"))


def described() -> dict[str, Any]:
    """Every form of a command, as the document of the API has them: `components.schemas`."""
    return {component(name): _component(name) for name in command_forms()}


def _component(name: str) -> dict[str, Any]:
    schema = dict(command_forms()[name].schema)
    schema = {key: value for key, value in schema.items() if not key.startswith("$")}
    return {**schema, "x-ozhb-roles": sorted(role.value for role in roles_of(name))}


def one_of(roles: Set[Role]) -> dict[str, Any]:
    """A command of one of these roles, as the document of the API has it."""
    mine = (name for name in command_forms() if not roles.isdisjoint(roles_of(name)))
    found = {name: f"#/components/schemas/{component(name)}" for name in mine}
    return {
        "oneOf": [{"$ref": reference} for reference in found.values()],
        "discriminator": {"propertyName": "command", "mapping": found},
    }


def _body() -> dict[str, Any]:
    content = {"application/json": {"schema": one_of({*Role})}}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/commands",
    operation_id="command",
    response_class=Response,
    responses=ANSWERS,
    dependencies=JSON,
    openapi_extra=_body(),
)
async def command(request: Request, case_id: UUID, reader: Reader, key: IdempotencyKey) -> Response:
    """Ask something of a case. `you.may` of the case names what you may ask now, and its form."""
    form, said = read_command(reader, await read_json(request))
    if form.name in GRAVE:
        require_fresh(request, reader)
    state = request.app.state
    call = Call(state.door, state.pages, state.pool, case_id, reader, key)
    return await call.make(form, said)
