"""What an official's act would say to the parties, before it goes: in Kazakh and in Russian."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from pydantic import Field

from api.auth import Caller
from api.cases.calls import asked_for, read_command
from api.cases.commands import one_of
from api.cases.notices import ROUND
from api.door import Door
from api.labels import notice_about
from api.language import Text, worded
from api.problems import Invalid, Refused
from api.register.models import Form
from api.schemas import Answer, SaidWords
from definitions.notices import facts_of_notice, term_of
from definitions.wording import LANGUAGES, notice
from domain.case.state import Case
from domain.messages import Role

# In which a notice goes out: in that of whoever gets it.
SPOKEN: Final = ("kk", "ru")
# Whose acts say something to the parties that may be seen before.
DECIDING: Final = frozenset((Role.CASEWORKER, Role.COMMISSION))


def _typed(schema: dict[str, Any]) -> None:
    """Commands are checked by forms of their own, which the document has by name."""
    schema |= one_of(DECIDING)
    for open_ in ("type", "additionalProperties"):
        del schema[open_]


class NoticeForm(Form):
    """The command whose notices are to be seen before it is asked for."""

    draft: Literal["notice"]
    asked: dict[str, Any] = Field(
        description="The command, as it would be asked for at `commands`",
        json_schema_extra=_typed,
        repr=False,
    )


class ForeseenNotice(Answer):
    """One text that the act would send."""

    code: str = Field(description="What it is about")
    label: Text = Field(description="What it is about, in words")
    to: list[str] = Field(description="To whom, by role")
    kk: SaidWords = Field(description="In Kazakh")
    ru: SaidWords = Field(description="In Russian")


class PaperWords(Answer):
    """What a paper says in one language."""

    title: str = Field(description="Its title")
    text: str = Field(description="All that it says, with the words of who decides")


class ForeseenPaper(Answer):
    """A document that the act would bring into the file, for the parties to read."""

    kind: str = Field(description="Its kind, by code")
    kk: PaperWords = Field(description="In Kazakh")
    ru: PaperWords = Field(description="In Russian")


class NoticeDraft(Answer):
    """What the parties would be told, and the papers that they would get."""

    notices: list[ForeseenNotice] = Field(description="By SMS, e-mail and in the cabinet")
    papers: list[ForeseenPaper] = Field(description="Decisions, answers, conclusions")


def foreseen(door: Door, case_id: UUID, caller: Caller, form: NoticeForm) -> NoticeDraft:
    """What the command would say. Refused as the command itself would be."""
    try:
        command, said = read_command(caller, form.asked)
    except Invalid as invalid:
        raise _inside(invalid) from None
    asked = asked_for(case_id, caller, f"preview {uuid4()}", command, said)
    case, outcome, papers = door.foresee(asked)
    if outcome.refused is not None:
        raise Refused(outcome.refused)
    effects = [(e["period"], one) for e in outcome.events for one in e["data"].get("effects", ())]
    return NoticeDraft(
        notices=list(_notices(case, effects)),
        papers=[_paper(json.loads(one)) for one in papers],
    )


def _inside(invalid: Invalid) -> Invalid:
    """Mistakes of the command, with their places in this form."""
    for one in invalid.members["errors"]:
        one["pointer"] = f"/asked{one['pointer']}"
    return invalid


def _notices(case: Case, effects: list[tuple[int, dict[str, Any]]]) -> Iterator[ForeseenNotice]:
    for period, effect in effects:
        if effect["kind"] not in ("tell", "notify"):
            continue
        data: Mapping[str, Any] = effect.get("data", {})
        code = data.get("text", ROUND)
        facts = facts_of_notice(case, period, code, term_of(case, {"text": code, **data}))
        facts |= {"count": 1} if code == ROUND else {}
        said = {one: SaidWords(**asdict(notice(code, one, **facts))) for one in SPOKEN}
        yield ForeseenNotice(
            code=code,
            label=worded(notice_about(code) or dict.fromkeys(LANGUAGES, code)),
            to=list(data.get("to", ("recipient",))),
            **said,
        )


def _paper(content: dict[str, Any]) -> ForeseenPaper:
    said = {one: PaperWords(**content["texts"][one]) for one in SPOKEN}
    return ForeseenPaper(kind=content["document"], **said)
