"""The document of the API as a page, drawn by scripts of our own house."""

import base64
import hashlib
import re
from functools import cache
from typing import Final

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse

router = APIRouter(include_in_schema=False)
FILES: Final = "/docs-files"
# It would have another house look at the document.
_NO_VALIDATOR: Final = {"validatorUrl": None}
_IN_THE_PAGE: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


@router.get("/docs")
async def described(request: Request) -> HTMLResponse:
    """What the API can be asked, to read and to try."""
    page, policy = _page(request.app.title)
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


@cache
def _page(title: str) -> tuple[bytes, str]:
    """The page, and a policy that lets its own scripts alone run."""
    page = bytes(
        get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=title,
            swagger_js_url=f"{FILES}/swagger-ui-bundle.js",
            swagger_css_url=f"{FILES}/swagger-ui.css",
            swagger_favicon_url=f"{FILES}/favicon.png",
            swagger_ui_parameters=_NO_VALIDATOR,
        ).body
    )
    hashed = " ".join(f"'sha256-{_hash(one)}'" for one in _IN_THE_PAGE.findall(page))
    return page, (
        f"default-src 'none'; script-src 'self' {hashed}; style-src 'self'; connect-src 'self';"
        " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hash(script: bytes) -> str:
    return base64.b64encode(hashlib.sha256(script).digest()).decode()
