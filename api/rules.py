"""Rules over several fields of a form, told together with every mistake of a single field."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

Rule = Literal["one_needed", "one_only", "missing", "stands_twice"]


class Ruled(BaseModel):
    """A form of which also fields together may be wrong.

    Pydantic asks for such rules only once every field is right by itself; these are proven on what
    was sent, so that all mistakes come at once.
    """

    exactly_one: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def broken(cls, said: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """What is wrong with the fields together, whatever is wrong with each."""
        if names := cls.exactly_one:
            given = sum(said.get(name) is not None for name in names)
            if given != 1:
                yield broken("one_only" if given else "one_needed", fields=names)

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, said: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        rules = list(cls.broken(said)) if isinstance(said, Mapping) else []
        try:
            form = read(said)
        except ValidationError as invalid:
            if not rules:
                raise
            rules = [*map(_again, invalid.errors(include_url=False, include_input=False)), *rules]
        else:
            if not rules:
                return form
        raise ValidationError.from_exception_data(cls.__name__, rules, hide_input=True)


def broken(rule: Rule, *place: str, fields: tuple[str, ...] = ()) -> InitErrorDetails:
    """One broken rule: of all the form, or of a field of it; `fields` are those it is about."""
    context: dict[str, Any] | None = {"fields": ", ".join(fields)} if fields else None
    fault = PydanticCustomError(rule, "a rule does not hold", context)
    return {"type": fault, "loc": place, "input": None}


def _again(error: Any) -> InitErrorDetails:
    """A mistake of a field as it was found: its kind, its place and what it tells."""
    fault = PydanticCustomError(error["type"], "wrong form", error.get("ctx"))
    return {"type": fault, "loc": error["loc"], "input": None}
