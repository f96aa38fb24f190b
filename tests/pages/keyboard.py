"""Hands that only press keys: whoever has no mouse comes everywhere, and sees where they are."""

from datetime import date
from typing import Final

from playwright.async_api import Page

MOST_STEPS: Final = 400
# Where the focus is, it is seen: a line around it, on the part of the page that shows. Within the
# field of a day the browser draws it around day, month, year and the button of its calendar.
SEEN: Final = """() => {
  const one = document.activeElement, look = getComputedStyle(one);
  const place = one.getBoundingClientRect();
  return one.type === "date" || look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2
    && place.bottom > 0 && place.top < innerHeight && place.width > 0;
}"""
ON: Final = "what => document.activeElement.matches(what)"
VALUE: Final = "document.activeElement.value"
# Which of day and month stands first is the affair of the browser.
DAYS: Final = ("%d%m%Y", "%m%d%Y")


async def reach(page: Page, what: str) -> None:
    """Go on with the tabulator until the focus is there."""
    for _ in range(MOST_STEPS):
        if await page.evaluate(ON, what):
            return
        await page.keyboard.press("Tab")
        on_page = await page.evaluate("document.activeElement !== document.body")
        assert not on_page or await page.evaluate(SEEN), await told(page)
    raise AssertionError(f"no key leads to {what}")


async def told(page: Page) -> str:
    """The element in which nobody sees the focus."""
    shown = await page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    return f"nobody sees that the focus is in {shown}"


async def press(page: Page, what: str) -> None:
    """A link or a button."""
    await reach(page, what)
    await page.keyboard.press("Enter")


async def choose(page: Page, group: str, wanted: str) -> None:
    """One of several, or a mark: the arrows go on within a group."""
    await reach(page, group)
    for _ in range(MOST_STEPS):
        if await page.evaluate(ON, wanted):
            break
        await page.keyboard.press("ArrowDown")
    assert await page.evaluate(ON, wanted), f"no arrow leads to {wanted}"
    if not await page.evaluate("document.activeElement.checked"):
        await page.keyboard.press("Space")


async def pick(page: Page, field: str, value: str) -> None:
    """A line of a list."""
    await reach(page, field)
    for _ in range(MOST_STEPS):
        if await page.evaluate(VALUE) == value:
            return
        await page.keyboard.press("ArrowDown")
    raise AssertionError(f"no arrow leads to {value} in {field}")


async def write(page: Page, field: str, value: str) -> None:
    """Words, a number, or a day, which is written in the order that the browser shows."""
    await reach(page, field)
    if await page.evaluate("document.activeElement.type") == "date":
        await write_day(page, date.fromisoformat(value))
    else:
        await page.keyboard.press("Control+A")
        await page.keyboard.type(value)
    assert await page.evaluate(VALUE) == value


async def write_day(page: Page, day: date) -> None:
    """Day, month and year, each in its part of the field; written over where the order is wrong."""
    for order in DAYS:
        for _ in range(2):
            await page.keyboard.press("ArrowLeft")
        await page.keyboard.type(f"{day:{order}}")
        if await page.evaluate(VALUE) == day.isoformat():
            return
