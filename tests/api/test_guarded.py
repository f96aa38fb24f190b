"""Every answer tells a browser to run, frame and fetch nothing, and names no other house."""

import base64
import hashlib
import re

import httpx
import pytest

from tests.api.world import World
from tests.support.code import CODE

ADDRESSES = (
    *("/", "/help", "/docs", "/docs-files/swagger-ui.css", "/openapi.json", "/look/page.js"),
    *("/health/live", "/metrics", "/problems/not_found", "/check/0000", "/v1/me", "/nowhere"),
)
# Where files and addresses of files stand in what a browser is given.
FETCHED = re.compile(
    r"""<(?!a\b)[a-z]+\b[^>]*\b(?:src|srcset|href|action|data|poster)=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|url\(["']?((?:https?:)?//[^"')]+)|@import\s+["']((?:https?:)?//[^"']+)"""
)
OURS = ("api/console/templates", "api/console/static", "definitions/papers")


def scripts(policy: str) -> list[str]:
    """What a policy lets run."""
    said = dict(one.strip().partition(" ")[::2] for one in policy.split(";"))
    return said.get("script-src", said["default-src"]).split()


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_answer_says_that_nothing_of_it_runs_elsewhere_or_is_framed(
    world: World, address: str
) -> None:
    for accept in ("text/html", "application/json"):
        answer = await world.get(address, Accept=accept)
        told = answer.headers
        policy = told["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert policy.startswith("default-src 'none'")
        allowed = [one for one in scripts(policy) if not one.startswith("'sha256-")]
        assert set(allowed) <= {"'none'", "'self'"}
        assert told["x-content-type-options"] == "nosniff"
        assert told["referrer-policy"] in ("no-referrer", "same-origin")
        assert told["cross-origin-opener-policy"] == "same-origin"
        assert told["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in told["permissions-policy"]
        assert "server" not in told
        assert "access-control-allow-origin" not in told
        assert told.get_list("content-security-policy") == [policy]


async def test_over_tls_a_browser_is_told_to_come_over_tls_alone(world: World) -> None:
    answer = await world.get("/health/live")
    age = int(answer.headers["strict-transport-security"].split(";")[0].partition("=")[2])
    assert age >= 31_536_000
    said = {"language": "ru", "back": "/"}
    same = {"Sec-Fetch-Site": "same-origin"}
    chosen = await world.http.post("/language", data=said, headers=same, follow_redirects=False)
    name, *kept = re.split(r"; ?", chosen.headers["set-cookie"].lower())
    assert name == "__host-ozhb_language=ru"
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= set(kept)


async def test_the_document_of_the_api_runs_its_own_scripts_alone(world: World) -> None:
    answer = await world.get("/docs")
    inside = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    hashed = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in inside]
    allowed = scripts(answer.headers["content-security-policy"])
    assert allowed == ["'self'", *(f"'sha256-{one}'" for one in hashed)]
    assert elsewhere(answer) == []


def test_no_page_style_or_script_of_ours_fetches_anything_from_another_house() -> None:
    files = [one for folder in OURS for one in (CODE / folder).rglob("*.*")]
    texts = {one: one.read_text("utf-8") for one in files if one.suffix in (".html", ".css", ".py")}
    assert len(texts) > 30
    found = {one: FETCHED.findall(text) for one, text in texts.items() if FETCHED.search(text)}
    assert found == {}
    spoilt = '<img src="https://elsewhere.example/x.png">'
    assert FETCHED.search(spoilt), "it would be noticed"


def elsewhere(answer: httpx.Response) -> list[tuple[str, ...]]:
    """What an answer has a browser fetch from another house."""
    found: list[tuple[str, ...]] = FETCHED.findall(answer.text)
    return found


async def test_figures_are_told_to_nobody_whom_a_proxy_brings(world: World) -> None:
    assert (await world.get("/metrics")).status_code == 200
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        brought = await world.http.get("/metrics", headers={header: "203.0.113.7"})
        assert (brought.status_code, brought.json()["code"]) == (404, "not_found")
