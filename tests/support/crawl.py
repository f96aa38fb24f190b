"""Goes through the pages of somebody as far as links lead, and keeps one page of each kind."""

import importlib
import pkgutil
import re
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import httpx
from fastapi.routing import APIRoute

import api.console

Open = Callable[[str], Awaitable[httpx.Response]]
# What makes a page another one than its neighbour of the same route.
TOLD_APART: Final = ("command", "desk", "term")
# What stands in an address and changes nothing of what a page is made of.
SAME: Final = frozenset(
    ("period", "list", "task", "term", "seen", "back", "fresh", "after", "cause", "state")
)
# A link names what a paper is; its address does not.
PAPER: Final = "/cases/{reference}/papers/{sha256}"
# The way to the provider and back, what a phone asks that signs, and files of the look.
ELSEWHERE: Final = frozenset(
    (
        *("/sign-in", "/sign-in/done", "/signed-out", "/session", "/session/over"),
        "/look/{name}",
        *("/egov/{secret}", "/egov/{secret}/documents"),
        "/cases/{reference}/sign/{command}/phone/{secret}",
    )
)
# Of these each is looked at.
EACH: Final = ("/cases/{reference}", "/desks/tasks/{task}")
_LINK: Final = re.compile(r'<a\b[^>]*?\bhref="(/[^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_MARK: Final = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Seen:
    """A page that a link led to: its kind, its route, where it is, what came, and from where."""

    kind: str
    route: str
    address: str
    answer: httpx.Response
    source: str


def routes() -> Iterator[APIRoute]:
    """Every route of the pages."""
    for found in pkgutil.iter_modules(api.console.__path__, f"{api.console.__name__}."):
        router = getattr(importlib.import_module(found.name), "router", None)
        for route in router.routes if router else ():
            assert isinstance(route, APIRoute)
            yield route


def route_of(address: str, method: str = "GET") -> tuple[str, dict[str, str]] | None:
    """The route that answers an address, with what the address says; None: no page of ours."""
    path = urlsplit(address).path
    for route in routes():
        found = route.path_regex.match(path)
        if found and method in (route.methods or ()):
            return route.path, found.groupdict()
    return None


def kind_of(address: str, words: str) -> tuple[str, str] | None:
    """What kind of page is there, by its address and the words of the link, and its route."""
    found = route_of(address)
    asked = dict(parse_qsl(urlsplit(address).query))
    if found is None or found[0] in ELSEWHERE or asked.get("form") == "pdf":
        return None
    route, said = found
    told = [said[name] for name in TOLD_APART if name in said]
    told += [f"{name}-{value}" for name, value in sorted(asked.items()) if name not in SAME]
    if route == PAPER:
        told.append(words)
    elif route in EACH and not told:
        told += said.values()
    return "-".join((route, *told)), route


async def crawl(open_: Open, *beginning: str, known: Collection[str] = frozenset()) -> list[Seen]:
    """One page of each kind that links lead to from these, in the order in which they come.

    What was `known` before is not looked at again.
    """
    waiting = deque((address, "", "") for address in beginning)
    seen: dict[str, Seen] = {}
    while waiting:
        address, words, source = waiting.popleft()
        found = kind_of(address, words)
        if found is None or found[0] in seen or found[0] in known:
            continue
        kind, route = found
        answer = await open_(address)
        seen[kind] = Seen(kind, route, address, answer, source)
        if is_page(answer):
            waiting.extend((*link, address) for link in links(answer.text))
    return list(seen.values())


def is_page(answer: httpx.Response) -> bool:
    """Whether it is something to read, and no file."""
    return "text/html" in answer.headers.get("content-type", "")


def links(page: str) -> Iterator[tuple[str, str]]:
    """Where a page leads, with the words of each link."""
    for address, inner in _LINK.findall(page):
        yield unescape(address).partition("#")[0], words_of(inner)


def words_of(marked: str) -> str:
    """What a page says to its readers, and what its marks say to some of them."""
    plain = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", marked, flags=re.DOTALL)
    said = re.findall(r'\b(?:aria-label|title|alt|placeholder|data-name)="([^"]*)"', plain)
    return " ".join(unescape(" ".join((_MARK.sub(" ", plain), *said))).split())
