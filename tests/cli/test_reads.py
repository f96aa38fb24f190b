"""`ozhb reads` against a served API: at the console."""

from functools import partial
from typing import Any

from tests.cli.console import Console
from tests.support.polling import soon_told


async def test_who_looked_is_listed_by_case_by_person_and_by_who_it_was(console: Console) -> None:
    code, out, _ = await console.run("reads", "unusual")
    assert (code, out.strip()) == (0, "no official read a case that was nothing of theirs")
    party = await console.host.begin()
    shown = await console.ask("show", party.file.id)

    def has_page(found: list[dict[str, Any]]) -> bool:
        return "case" in [one["part"] for one in found]

    await console.run("cases", "show", party.file.id)
    asked = partial(console.ask, "case", shown["reference"], noun="reads")
    found = await soon_told(asked, has_page)
    (one,) = [one for one in found if one["part"] == "case"]
    assert (one["role"], one["times"]) == ("administrator", 1)
    by = await console.ask("by", one["person"], noun="reads")
    (same,) = [other for other in by if other["part"] == "case"]
    assert (same["reference"], same["standing"]) == (shown["reference"], "outside")
    assert has_page(await console.ask("person", party.file.person, noun="reads"))
    code, out, _ = await console.run("reads", "by", one["person"])
    assert (code, out.count(shown["reference"])) == (0, len(out.splitlines()) - 5)
    (told,) = await console.ask("unusual", "--days", "1", noun="reads")
    assert (told["person"], told["cases"], told["share"]) == (one["person"], 1, 1.0)
    code, out, _ = await console.run("reads", "unusual")
    assert (code, "100%" in out) == (0, True)
    code, _, err = await console.run("reads", "by", "Әсел")
    assert (code, "it is named by its id" in err) == (2, True)
