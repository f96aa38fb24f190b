"""Query parameters: what a route does not know is said to be a mistake, never passed over."""

from collections.abc import Iterator
from hashlib import sha256
from inspect import isclass
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, BeforeValidator
from starlette.requests import Request

from api.language import EVERY, PARAMETER
from api.mistakes import parameter_mistake
from api.problems import Invalid
from definitions.wording import LANGUAGES

_KNOWN: Final[dict[tuple[str, str], tuple[str, ...]]] = {}
# They say how much of a list is told and how, not which list it is.
_NOT_OF_A_LIST: Final = ("after", "limit", "count", "languages")
_MARK_LENGTH: Final = 8


def check_query(request: Request) -> None:
    """Invalid with every query parameter that the route does not have, and those that it has.

    A filter with a mistake in its name would otherwise answer with all that it should leave out;
    of one that is given twice, one would be passed over; and the place of another list would leave
    out what comes before it there.
    """
    if not request.query_params:
        return
    known, given = _known(request), request.query_params
    unknown = [name for name in given if name not in (*known, PARAMETER["name"])]
    if unknown:
        code = "unknown_parameter" if known else "no_parameters"
        allowed = ", ".join(known)
        raise Invalid(parameter_mistake(name, code, allowed=allowed) for name in unknown)
    twice = [name for name in given if len(given.getlist(name)) > 1]
    if twice:
        raise Invalid(parameter_mistake(name, "given_twice") for name in twice)
    languages = (*LANGUAGES, EVERY)
    if given.get("languages", EVERY) not in languages:
        allowed = ", ".join(languages)
        raise Invalid([parameter_mistake("languages", "not_allowed_value", allowed=allowed)])
    after = given.get("after", "")
    # The number of an event is a place that every client may count itself.
    if after and not after.isdigit() and not after.endswith(f"_{_mark(request)}"):
        raise Invalid([parameter_mistake("after", "other_list")])


def refuse_beside(request: Request, *names: str) -> None:
    """Invalid with each of these parameters that is given: beside what else is asked it would be
    passed over, and the answer would hold what it should leave out.
    """
    given = [name for name in names if name in request.query_params]
    if given:
        raise Invalid(parameter_mistake(name, "narrows_nothing") for name in given)


def marked(request: Request, place: object) -> str | None:
    """The place where a list goes on, as a client is told it: good for this list and no other."""
    return None if place is None else f"{place}_{_mark(request)}"


def _unmarked(after: Any) -> Any:
    """The place itself, of what a client was told."""
    return after.rpartition("_")[0] if isinstance(after, str) else after


Unmarked: Final = BeforeValidator(_unmarked)


def _mark(request: Request) -> str:
    """The same for the same list: of this address, with these filters, in this order."""
    asked = [one for one in request.query_params.multi_items() if one[0] not in _NOT_OF_A_LIST]
    return sha256(repr((request.url.path, sorted(asked))).encode()).hexdigest()[:_MARK_LENGTH]


def _known(request: Request) -> tuple[str, ...]:
    route: Any = request.scope["route"]
    key = (request.method, route.path)
    if key not in _KNOWN:
        _KNOWN[key] = tuple(sorted(names_of(route.dependant)))
    return _KNOWN[key]


def names_of(dependant: Dependant) -> Iterator[str]:
    """The query parameters of a route, those of a model one by one."""
    for field in dependant.query_params:
        model = field.field_info.annotation
        if isclass(model) and issubclass(model, BaseModel):
            yield from (one.alias or name for name, one in model.model_fields.items())
        else:
            yield field.alias
    for inner in dependant.dependencies:
        yield from names_of(inner)
