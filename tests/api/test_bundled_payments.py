"""What the treasury said of a payment stands in the proof bundle, and is proven without us."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import text

from cli.offline.bundle_check import canonical, checked, zipped
from db.engine import make_engine
from db.heads import make_head
from tests.api.paying import paying, report
from tests.api.test_forged_bundles import wrong
from tests.api.world import IBAN, SUPPLIER_BIN, World
from tests.support.forging import apart, changed, flips, together
from tests.support.head_keys import KEY
from tests.support.reports import report_xml, twice_xml
from tests.support.servers import Database

OTHER_IBAN: Final = "KZ44000K000000000777"
OTHER_KEY: Final = "OZ000000019-2-1"


async def paid(world: World) -> tuple[str, bytes, bytes]:
    """A case whose payment was reported beside somebody else's: its id, the report, its bundle."""
    case, key, amount = await paying(world)
    own = report_xml(key, "ACSC", amount, iban=IBAN, payee=SUPPLIER_BIN)
    content = twice_xml(own, report_xml(OTHER_KEY, "ACSC", 777, iban=OTHER_IBAN))
    answer = await report(world, content)
    assert (len(answer.json()["words"]), answer.json()["not_ours"]) == (1, 1)
    make_head(world.engine, KEY)
    return case, content, (await world.get(f"/v1/cases/{case}/bundle", world.clerk)).content


def said_of_reports(archive: bytes) -> tuple[Any, list[str]]:
    """Whether the words of the treasury hold, and what is said of them."""
    return next(
        (holds, [str(one) for one in said])
        for name, holds, said in checked(archive)
        if name == "reports"
    )


async def test_the_word_of_the_treasury_is_proven_with_the_hash_of_its_report(world: World) -> None:
    _, content, archive = await paid(world)
    assert wrong(archive) == set()
    holds, said = said_of_reports(archive)
    assert (holds, len(said)) == (True, 1)
    assert sha256(content).hexdigest() in said[0]
    (told,) = apart(archive)["reports.json"]
    word = told["word"]
    assert (word["status"], word["payee_iban"], word["payee_identifier"]) == (
        "ACSC",
        IBAN,
        SUPPLIER_BIN,
    )
    # Of the other's payment, which the same report settles, nothing.
    assert OTHER_IBAN.encode() in content
    for foreign in (OTHER_IBAN, OTHER_KEY):
        assert foreign.encode() not in archive


async def test_no_byte_of_what_the_treasury_said_is_changed_unseen(world: World) -> None:
    _, _, archive = await paid(world)
    assert [name for name, one in flips(archive, seed=11, many=5) if wrong(one) == set()] == []
    for what, forged in forgeries(archive):
        assert "reports" in (wrong(forged) or set()), what


def forgeries(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Every value of the word otherwise, and the word left out, doubled or more; made anew so that
    the list fits.
    """
    (held,) = apart(archive)["reports.json"]
    for name, value in held["word"].items():
        other = not value if isinstance(value, bool) else f"{value}0"

        def altered(files: dict[str, Any], name: str = name, other: Any = other) -> None:
            files["reports.json"][0]["word"][name] = other

        yield name, changed(archive, altered)

    def left_out(files: dict[str, Any]) -> None:
        files["reports.json"] = []

    def doubled(files: dict[str, Any]) -> None:
        files["reports.json"] *= 2

    def more(files: dict[str, Any]) -> None:
        files["reports.json"][0]["place"] = "/Document"

    for act in (left_out, doubled, more):
        yield act.__name__, changed(archive, act)


async def test_another_hash_of_the_report_breaks_the_chain_of_what_was_said(world: World) -> None:
    _, _, archive = await paid(world)

    def another(files: dict[str, Any]) -> None:
        for one in files["messages.json"]:
            if "report_sha256" in (one["facts"] or {}):
                one["facts"]["report_sha256"] = "00" * 32

    assert "messages" in (wrong(changed(archive, another)) or set())


async def test_a_bundle_of_before_still_holds_and_one_made_to_look_like_it_does_not(
    world: World,
) -> None:
    def as_before(archive: bytes) -> bytes:
        files = apart(archive)
        del files["reports.json"]
        entries = {
            name: content if isinstance(content, bytes) else canonical(content)
            for name, content in apart(together(files)).items()
        }
        entries["manifest.json"] = entries["manifest.json"].replace(b'"form":3', b'"form":2')
        return zipped(entries)

    case, _, archive = await paid(world)
    assert wrong(as_before(archive)) == {"reports"}
    other = await world.choosing(2)
    make_head(world.engine, KEY)
    unpaid = (await world.get(f"/v1/cases/{other}/bundle", world.clerk)).content
    assert wrong(as_before(unpaid)) == set()
    assert case != other


async def test_of_whoever_was_erased_the_word_is_gone_and_that_is_said(
    world: World, database: Database
) -> None:
    case, _, _ = await paid(world)
    owner = make_engine(database.owner_url)
    with owner.begin() as connection:
        gone = "(SELECT person_id FROM case_head WHERE case_id = :case)"
        connection.execute(text(f"DELETE FROM person_key WHERE person_id = {gone}"), {"case": case})
    owner.dispose()
    archive = (await world.get(f"/v1/cases/{case}/bundle", world.clerk)).content
    assert wrong(archive) == set()
    holds, said = said_of_reports(archive)
    assert (holds, len(said)) == (None, 1)
