"""Papers as they leave the house: JSON for programs, a page for a browser, a PDF to keep."""

import base64
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from anyio import CapacityLimiter, to_thread
from fastapi import Query, Request
from starlette.responses import Response

from api.caching import tagged, unless_known
from api.language import EVERY, asked, one_language
from definitions.papers.page import CONTENT_POLICY, paper_page
from definitions.papers.pdf import draw, input_of
from definitions.papers.sheet import PrintedPaper
from definitions.wording import FALLBACK, LANGUAGES

PaperForm = Literal["json", "html", "pdf"]
MEDIA: Final[dict[str, str]] = {
    "json": "application/json",
    "html": "text/html",
    "pdf": "application/pdf",
}
VARY: Final = {"Vary": "Accept, Accept-Language"}
# What a page of ours may do, and what its reader's browser tells others of it.
PAGE_HEADERS: Final = {"Content-Security-Policy": CONTENT_POLICY, "Referrer-Policy": "no-referrer"}
FormQuery = Annotated[
    PaperForm | None, Query(description="For people with a browser; else what `Accept` likes best")
]
# For OpenAPI: a paper in the forms that people read.
READABLE: Final[dict[str, Any]] = {
    MEDIA["html"]: {"schema": {"type": "string"}},
    MEDIA["pdf"]: {"schema": {"type": "string", "format": "binary"}},
}
# Drawing is work of a processor: some wait, and requests that draw nothing do not.
AT_ONCE: Final = 2
MOST_KEPT: Final = 128
LARGEST_KEPT: Final = 1024 * 1024


@dataclass
class Press:
    """Draws papers in threads of its own, and keeps the PDFs asked for last."""

    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(AT_ONCE))
    _kept: OrderedDict[bytes, bytes] = field(default_factory=OrderedDict, repr=False)

    async def pdf(self, paper: PrintedPaper) -> bytes:
        """The PDF: always the same for the same paper."""
        told = await to_thread.run_sync(input_of, paper, limiter=self.limiter)
        key = hashlib.sha256(told.encode()).digest()
        if key not in self._kept:
            made = await to_thread.run_sync(draw, told, limiter=self.limiter)
            if len(made) > LARGEST_KEPT:
                return made
            self._kept[key] = made
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]

    async def answer(
        self, request: Request, paper: PrintedPaper, form: PaperForm, name: str
    ) -> Response:
        """A paper as a page or a PDF; `name` is what a file of it is called."""
        spoken = ", ".join(dict.fromkeys(one.language for one in paper.sheets))
        headers = {**VARY, "Content-Language": spoken}
        headers["Content-Disposition"] = f'inline; filename="{name}.{form}"'
        if form == "html":
            page = (await to_thread.run_sync(paper_page, paper, limiter=self.limiter)).encode()
            told = {**headers, **PAGE_HEADERS}
            return unless_known(request, page, tagged(page), "text/html; charset=utf-8", **told)
        made = await self.pdf(paper)
        digest = base64.b64encode(hashlib.sha256(made).digest()).decode()
        headers["Repr-Digest"] = f"sha-256=:{digest}:"
        return unless_known(request, made, tagged(made), MEDIA["pdf"], **headers)


def press_of(request: Request) -> Press:
    """The one of the application."""
    found: Any = request.app.state.press
    assert isinstance(found, Press)
    return found


def wanted_form(request: Request, told: PaperForm | None = None) -> PaperForm:
    """What is asked for outright, else what `Accept` names first of what it likes best.

    A program that names nothing of it gets JSON.
    """
    if told is not None:
        return told
    accept = request.headers.get("accept", "")
    named = [part.partition(";") for part in accept.split(",")[:20]]
    liked = [(media.strip().lower(), _weight(rest)) for media, _, rest in named]
    forms: list[tuple[float, PaperForm]] = [
        (weight, form)
        for media, weight in liked
        for form in ("json", "html", "pdf")
        if media == MEDIA[form] and weight > 0
    ]
    return max(forms, key=lambda one: one[0])[1] if forms else "json"


def _weight(parameters: str) -> float:
    for one in parameters.split(";"):
        name, _, value = one.strip().partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def paper_languages() -> tuple[str, ...]:
    """In which a paper is asked for; a draft of a language has no papers yet."""
    if asked() == EVERY:
        return LANGUAGES
    language = one_language()
    return (language if language in LANGUAGES else FALLBACK,)
