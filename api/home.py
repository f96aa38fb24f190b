"""What the problems of answers mean."""

from html import escape
from typing import Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from api.language import one_language
from api.problems import STATUS, Problem
from definitions.wording import text

router = APIRouter(include_in_schema=False)
PAGE: Final = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{title}</title></head>'
    "<body><main><h1>{title}</h1>{body}</main></body></html>"
)


@router.get("/problems/{code}")
async def problem(code: str) -> HTMLResponse:
    """What a problem means: the page that its `type` names."""
    if code not in STATUS:
        raise Problem("not_found")
    detail = escape(text(f"problem.{code}.detail", one_language()))
    return _page(
        f"problem.{code}.title", f"<p>{STATUS[code]} <code>{code}</code></p><p>{detail}</p>"
    )


def _page(title: str, body: str) -> HTMLResponse:
    language = one_language()
    told = PAGE.format(language=language, title=escape(text(title, language)), body=body)
    return HTMLResponse(told, headers={"Content-Language": language})
