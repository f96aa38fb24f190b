"""What a reader may do in a case now, and where it is asked for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.cases.choices import told_by_case
from api.cases.steps import asked_of
from api.language import words
from api.problems import told_reasons
from definitions.editions import edition
from definitions.wording import READERS
from domain.case.awaited import Step
from domain.case.state import Case
from domain.messages import Actor


def told_you(
    case: Case,
    shown: Case,
    actor: Actor,
    found: Iterable[Mapping[str, Any]],
    steps: Sequence[Step],
    every: bool,
) -> dict[str, Any]:
    """What the reader may do in the case, in words of what is shown of it; why not, for `every`."""
    may = [
        {
            "name": one["name"],
            **({} if one["period"] is None else {"period": one["period"]}),
            "label": words("command", one["name"]),
            **_form(case, one),
            **(_whether(one) if every else {}),
        }
        for one in found
    ]
    role = actor.role.value
    told = words(f"now.{role}", shown.status) if role in READERS else None
    if steps and steps[0].yours:
        told = asked_of(steps[0].awaited, actor.role)
    href = f"/v1/cases/{case.id}/commands"
    return {"role": role, "text": told, "href": href, "forms": _forms(case), "may": may}


def _whether(choice: Mapping[str, Any]) -> dict[str, Any]:
    return {"allowed": choice["allowed"], "reasons": told_reasons(choice["reasons"])}


def _form(case: Case, choice: Mapping[str, Any]) -> dict[str, str]:
    """Where the case has choices for a command, the address of its form with those of today."""
    name, number = choice["name"], choice["period"]
    if case.measure is None or not told_by_case(case.edition, name):
        return {}
    # Of one period that one is meant.
    period = "" if number is None or len(case.periods) == 1 else f"&period={number}"
    return {"form": f"{_forms(case)}{name}?case={case.measure.reference}{period}"}


def _forms(case: Case) -> str:
    return f"/v1/definitions/{edition(case.edition).code}/commands/"
