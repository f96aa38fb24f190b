"""Who spaces text out, or has colours of their own, loses nothing of a page (WCAG 1.4.12)."""

from typing import Any, Final

import pytest

from tests.api.console.conftest import CLERK, RECIPIENT
from tests.api.console.test_desks import ADMIN
from tests.api.console.test_house import reference_of
from tests.api.console.test_parties import SUPPLIER
from tests.pages.conftest import Pages
from tests.pages.desk import PHONE, SIDEWAYS, WIDE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.long]
# The four of the criterion. A sheet of a script is no style in the page, which its policy forbids.
SPACED: Final = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
# Words that lie over others, and parts that hide the end of what they say.
LOST: Final = """() => {
  // What is a point wide is there to be read aloud alone.
  const aloud = (one) => one !== null && (one.clientWidth === 1 || aloud(one.parentElement));
  const shown = (one) => one.checkVisibility() && !one.closest("[aria-hidden=true]")
    && !aloud(one) && !one.closest("option, select, textarea")
    && (!one.closest("details:not([open])") || one.closest("summary"));
  const told = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, within = node.parentElement;
    if (!node.data.trim() || !shown(within)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    // Of a line only the letters count, not the room above and below them.
    for (const one of range.getClientRects())
      told.push({node, left: one.left + 1, right: one.right - 1,
        top: one.top + one.height / 4, bottom: one.bottom - one.height / 4});
  }
  const found = [];
  for (const [place, one] of told.entries())
    for (const two of told.slice(place + 1))
      if (one.node !== two.node && one.left < two.right && two.left < one.right
          && one.top < two.bottom && two.top < one.bottom)
        found.push(`${one.node.data.trim()} / ${two.node.data.trim()}`.slice(0, 120));
  for (const one of document.body.querySelectorAll("*"))
    if (shown(one) && getComputedStyle(one).overflowY !== "visible"
        && one.scrollHeight > one.clientHeight + 1
        && !one.matches("input, [role=region][tabindex]"))
      found.push(`cut: ${one.outerHTML.slice(0, 100)}`);
  return found;
}"""
# What a colour alone would set apart: in forced colours nothing has a ground of its own.
BARE: Final = """() => {
  const bare = (one) => parseFloat(getComputedStyle(one).borderTopWidth) === 0;
  const found = [...document.querySelectorAll("main :is(button, a.button, .tag)")];
  return found.filter((one) => one.checkVisibility() && bare(one))
    .map((one) => one.outerHTML.slice(0, 100));
}"""
CASE: Final = "/cases/{reference}"
PAGES: Final[dict[str, tuple[dict[str, Any], tuple[str, ...]]]] = {
    "recipient": (
        RECIPIENT,
        ("/", CASE, f"{CASE}/way", f"{CASE}/do/cancel_order?period=1", "/notices", "/help"),
    ),
    "supplier": (SUPPLIER, ("/", CASE, f"{CASE}/do/confirm?period=1", "/offers", "/registration")),
    "caseworker": (CLERK, ("/work", "/cases", CASE, "/search", "/overview", "/desks/intake")),
    "administrator": (ADMIN, ("/stuck", "/systems", "/changes", "/operations", "/accessibility")),
}


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
@pytest.mark.parametrize("title", PAGES)
async def test_nothing_is_cut_or_lies_over_another_where_text_is_spaced_out(
    pages: Pages, title: str, size: tuple[int, int]
) -> None:
    claims, addresses = PAGES[title]
    reference = reference_of(pages.world, await pages.world.ordered())
    desk = await pages.at(claims, size=size)
    found: dict[str, Any] = {}
    for address in addresses:
        await desk.open(address.format(reference=reference))
        await desk.page.evaluate(SPACED)
        lost = [*await desk.page.evaluate(LOST), *await desk.page.evaluate(SIDEWAYS)]
        if lost:
            found[address] = lost
    assert found == {}


@pytest.mark.parametrize("title", PAGES)
async def test_in_colours_of_the_reader_what_can_be_pressed_and_how_it_stands_keeps_its_border(
    pages: Pages, title: str
) -> None:
    claims, addresses = PAGES[title]
    reference = reference_of(pages.world, await pages.world.ordered())
    desk = await pages.at(claims, size=WIDE)
    await desk.page.emulate_media(forced_colors="active")
    found: dict[str, Any] = {}
    for address in addresses:
        await desk.page.goto(f"{desk.root}{address.format(reference=reference)}")
        assert await desk.page.evaluate("matchMedia('(forced-colors: active)').matches")
        if bare := await desk.page.evaluate(BARE):
            found[address] = bare
    assert found == {}
