"""What was said to the people of a case: to whom, when, by which way, with which proof, how."""

from dataclasses import asdict
from typing import Any, Final

from api.access import OFFICIALS
from api.auth import Caller
from api.labels import notice_about
from api.language import worded, words
from api.rendering import instant
from db.notices import SentNotice
from definitions.wording import LANGUAGES, NoticeText, UnknownText, WrongFact, notice
from domain.messages import Role

ROUND: Final = "measures_arrived"
# Whose contact it is, where several stand for the same side.
_WHO: Final = {"recipient-before": "recipient"}


def told_notice(one: SentNotice, *, in_full: bool) -> dict[str, Any]:
    """A text in JSON types and words."""
    code = one.data.get("notice") or one.data.get("text") or ROUND
    who = one.who.partition("-")[0]
    told = {
        "seq": one.seq,
        "code": code,
        "label": worded(notice_about(code) or dict.fromkeys(LANGUAGES, code)),
        "to": _WHO.get(one.who, who),
        "channel": one.channel,
        "state": one.state,
        "state_label": words("label.notice_state", one.state),
        "at": instant(one.begun_at),
        "language": one.data.get("language"),
        "proof": _proof(one),
    }
    return {**told, "words": _words(one, code)} if in_full else told


def _proof(one: SentNotice) -> dict[str, Any] | None:
    if one.delivered_at is None:
        return None
    counts = bool(one.data.get("confirmed"))
    return {"at": one.delivered_at, "number": one.number, "counts": counts}


def _words(one: SentNotice, code: str) -> dict[str, str] | None:
    """As it was said; None where it was not kept how, or is said in other words by now."""
    if "language" not in one.data:
        return None
    try:
        said: NoticeText = notice(code, one.data["language"], **one.data["facts"])
    except (UnknownText, WrongFact):
        return None
    return asdict(said)


def is_told(one: SentNotice, reader: Caller) -> bool:
    """Officials are told of all, a party of what went to its own side."""
    if reader.role in OFFICIALS:
        return True
    if one.who != Role.SUPPLIER:
        return reader.role == Role.RECIPIENT
    mine = str(reader.on_behalf_of) == one.data.get("supplier")
    return reader.role == Role.SUPPLIER and mine
