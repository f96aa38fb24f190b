"""Query parameters: what a route does not know is said to be a mistake, never passed over."""

from collections.abc import Iterator
from inspect import isclass
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from starlette.requests import Request

from api.language import EVERY, PARAMETER
from api.mistakes import unknown_parameter, wrong_parameter
from api.problems import Invalid
from definitions.wording import LANGUAGES

_KNOWN: Final[dict[tuple[str, str], tuple[str, ...]]] = {}


def refuse_unknown(request: Request) -> None:
    """Invalid with every query parameter that the route does not have, and those that it has.

    A filter with a mistake in its name would otherwise answer with all that it should leave out.
    """
    if not request.query_params:
        return
    known = _known(request)
    asked = dict.fromkeys(request.query_params)
    unknown = [name for name in asked if name not in (*known, PARAMETER["name"])]
    if unknown:
        raise Invalid(unknown_parameter(name, known) for name in unknown)
    if request.query_params.get("languages", EVERY) not in (*LANGUAGES, EVERY):
        raise Invalid([wrong_parameter("languages", (*LANGUAGES, EVERY))])


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
