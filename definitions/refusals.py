"""Why something was refused, in words: what is wrong, and what is right."""

from collections.abc import Mapping
from typing import Final

from definitions.wording import codes, sentence, text

# Refusals of a quantity, whose facts say which are right.
_OF_QUANTITY: Final = ("quantity_wrong", "over_norm")


def refusal(code: str, language: str, facts: Mapping[str, object]) -> str:
    """Why a message was refused; after a refused signature also what is wrong with it, and after a
    refused day or quantity which are right.
    """
    if code == "incomplete":
        facts = {
            "fields": ", ".join(_field(one, language) for one in str(facts["fields"]).split(", "))
        }
    told = sentence(f"refusal.{code}", language, facts)
    if code in _OF_QUANTITY and "most" in facts:
        return f"{told} {_right_quantity(language, **facts)}"
    if days := {name: facts[name] for name in ("earliest", "latest") if name in facts}:
        return f"{told} {text('right_day.' + '_'.join(days), language, **days)}"
    reason = facts.get("reason")
    return told if reason is None else f"{told} {text(f'signature.{reason}', language)}"


def _field(name: str, language: str) -> str:
    """What a field of a form is called, where people fill it in."""
    known = (one for one in (f"form.{name}", f"field.{name}") if one in codes())
    return next((text(one, language) for one in known), name)


def _right_quantity(language: str, most: object, least: object = None, **_: object) -> str:
    if least is None or (isinstance(least, int) and least < 1):
        return text("right_quantity.most", language, most=most)
    if least == most:
        return text("right_quantity.only", language, most=most)
    return text("right_quantity.between", language, least=least, most=most)
