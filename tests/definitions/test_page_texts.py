"""The words of pages: each that a template says is there, and none is there for nothing."""

import re
from importlib.resources import files

from definitions.wording import codes

# `t("group." ~ name)` names one of a group by what the page shows.
SAID = re.compile(r"""\bt\(\s*["']([a-z_.]+)["'](\s*~)?""")
# What stands in a file that somebody downloads, or in a reason not to, is said by no template.
IN_FILES = re.compile(r"""\b(?:say\(\s*f?["']|text\(\s*f?["']page\.)([a-z_.]+)(\{)?""")


def said() -> tuple[set[str], set[str]]:
    """Texts that templates and files name, and the groups of which they name one."""
    whole, groups = set[str](), set[str]()
    pages = files("api.console")
    for folder, pattern in ((pages.joinpath("templates"), SAID), (pages, IN_FILES)):
        for file in folder.iterdir():
            for name, more in pattern.findall(file.read_text("utf-8")) if file.is_file() else ():
                (groups if more else whole).add(f"page.{name}")
    return whole, groups


def test_what_templates_say_has_its_words_and_no_words_are_left_over() -> None:
    whole, groups = said()
    known = {code for code in codes() if code.startswith("page.")}
    assert whole - known == set()
    unsaid = {one for one in known - whole if not one.startswith(tuple(groups))}
    assert unsaid == set()
