"""Whatever is done to a proof bundle, the checker finds it, and says so in three languages."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cli.offline.bundle_check import (
    LANGUAGES,
    LINKED,
    OF_CASE,
    SENTENCES,
    TEXTS,
    NoBundle,
    checked,
    digests,
    hashes_of,
    unzipped,
    zipped,
)
from db.heads import list_heads, make_head
from integrations.head_keys import HeadKey, make_head_key
from tests.api.world import OTHER_BIN, World
from tests.support.forging import (
    apart,
    chained_anew,
    changed,
    flips,
    rearranged,
    signed_anew,
    together,
)
from tests.support.head_keys import KEY

SCRIPT: Final = Path(__file__).parents[2] / "docs" / "verify_bundle.py"


async def bundles(world: World, case: str) -> dict[str, bytes]:
    """What each side is given of a case, once a head has it."""
    make_head(world.engine, KEY)
    sides = {"caseworker": world.clerk, "recipient": world.recipient(), "supplier": world.supplier}
    return {
        name: (await world.get(f"/v1/cases/{case}/bundle", one)).content
        for name, one in sides.items()
    }


def wrong(archive: bytes, published: dict[int, str] | None = None) -> set[str] | None:
    """What does not hold, each with a sentence; None: it is no bundle at all."""
    try:
        found = checked(archive, published)
    except NoBundle:
        return None
    assert all(said for _, holds, said in found if holds is False)
    return {name for name, holds, _ in found if holds is False}


def kept(world: World) -> dict[int, str]:
    with world.engine.connect() as connection:
        return {one.number: one.jws for one in list_heads(connection, 0, 10)}


async def test_no_altered_byte_and_no_file_more_or_less_passes(world: World) -> None:
    case = await world.reviewed()
    made = await bundles(world, case)
    for side, archive in made.items():
        assert wrong(archive, kept(world)) == set(), side
    forged = [*flips(made["recipient"], seed=7, many=20), *rearranged(made["recipient"])]
    assert [name for name, one in forged if wrong(one) == set()] == []


async def test_what_a_stranger_makes_anew_is_found(world: World) -> None:
    case = await world.reviewed()
    _, offer = world.offer(OTHER_BIN)
    other, who = await world.choosing(2), world.recipient(2)
    await world.act(other, "place_order", who, **world.order(other, offer, who))
    made = await bundles(world, case)
    elsewhere = apart((await world.get(f"/v1/cases/{other}/bundle", world.clerk)).content)
    for name, archive in made.items():
        # Of whom was erased no paper is left: that one is missing is said, and never that it holds.
        short = {what: holds for what, holds, _ in checked(changed(archive, without_document))}
        assert (short["documents"], short["signatures"]) == (None, None)
        for what, forged, found in forgeries(archive, elsewhere):
            assert found in (wrong(forged) or set()), (name, what)


def forgeries(archive: bytes, elsewhere: dict[str, Any]) -> Iterator[tuple[str, bytes, str]]:
    """What is forged, the bundle, and by what it is found."""

    def end_left_out(files: dict[str, Any]) -> None:
        del files["events.json"][-1]
        last = files["events.json"][-1]
        files["case.json"] |= {"seq": last["seq"], "hash": last["hash"]}

    def another_proof(files: dict[str, Any]) -> None:
        files |= {name: elsewhere[name] for name in ("proof.json", "heads.json")}

    def another_case(files: dict[str, Any]) -> None:
        files["case.json"]["reference"] = elsewhere["case.json"]["reference"]

    def document_swapped(files: dict[str, Any]) -> None:
        own, other = (document_of(one) for one in (files, elsewhere))
        files[own] = elsewhere[other]

    def document_taken_over(files: dict[str, Any]) -> None:
        other = document_of(elsewhere)
        files[other] = elsewhere[other]
        sha256 = other.rpartition("/")[2]
        files["documents.json"] += [
            one for one in elsewhere["documents.json"] if one["sha256"] == sha256
        ]

    def later(files: dict[str, Any]) -> None:
        files["deadlines.json"][0]["last_day"] = "2030-01-01"

    def lost(files: dict[str, Any]) -> None:
        del files["deadlines.json"][0]

    def event_changed(files: dict[str, Any]) -> None:
        one = told_in_part(files)
        if "type" in one:
            one["type"] = "refused"
        else:
            next(part for part in one["parts"] if part[0] == ["type"])[2] = "refused"

    def withheld_swapped(files: dict[str, Any]) -> None:
        one = told_in_part(files)
        if "type" in one:
            one["actor"]["role"] = "treasury"
        else:
            place = next(n for n, part in enumerate(one["parts"]) if isinstance(part, str))
            one["parts"][place] = "00" * 32

    def spaced(files: dict[str, Any]) -> None:
        files["heads.json"] = json.dumps(files["heads.json"]).encode()

    def added(files: dict[str, Any]) -> None:
        files["note.json"] = {}

    def head_padded(files: dict[str, Any]) -> None:
        files["heads.json"]["heads"][-1]["jws"] += "!"

    def head_dated(files: dict[str, Any]) -> None:
        files["heads.json"]["heads"][-1]["made_at"] = "2026-01-01T00:00:00.000000Z"

    def told_twice(files: dict[str, Any]) -> None:
        # What is shown is not what is hashed.
        one = told_in_part(files)
        if "type" in one:
            one["commitment"] = hashlib.sha256(b"".join(digests(one))).hexdigest()
            one["type"] = "refused"
        else:
            whole = next(event for event in elsewhere["events.json"] if "type" in event)
            case_id = files["case.json"]["case_id"]
            one |= {**whole, "case_id": case_id, **{name: one[name] for name in LINKED}}

    def link_left_open(files: dict[str, Any]) -> None:
        # As if a former build had written the next event, which proves nothing to a side.
        event_changed(files)
        one, after = told_in_part(files), files["events.json"][told_in_part(files)["seq"]]
        one["hash"] = hashes_of(one, bytes.fromhex(one["previous"]))[0].hex()
        bare = {"seq": after["seq"], "previous": one["hash"], "hash": after["hash"]}
        files["events.json"][one["seq"]] = bare

    def number_hidden(files: dict[str, Any]) -> None:
        first = files["events.json"][0]
        another_case(files)
        for place, part in enumerate(first.get("parts", ())):
            if part[0] == list(OF_CASE):
                first["parts"][place] = digests(first)[place].hex()

    def fewer_withheld(files: dict[str, Any]) -> None:
        one = told_in_part(files)
        if "type" in one:
            one["salt"] = one["salt"].upper()
        else:
            told = one["parts"]
            place = next(
                n for n, part in enumerate(told) if {type(part), type(told[n + 1])} == {str}
            )
            told[place : place + 2] = [told[place] + told[place + 1]]

    found = (
        (told_twice, "events"),
        (link_left_open, "events"),
        (number_hidden, "events"),
        (fewer_withheld, "events"),
        (end_left_out, "inclusion"),
        (another_proof, "inclusion"),
        (another_case, "events"),
        (document_swapped, "documents"),
        (document_taken_over, "documents"),
        (later, "deadlines"),
        (lost, "deadlines"),
        (event_changed, "events"),
        (withheld_swapped, "events"),
        (spaced, "manifest"),
        (added, "manifest"),
        (head_padded, "heads"),
        (head_dated, "heads"),
    )
    for act, what in found:
        yield act.__name__, changed(archive, act), what


def told_in_part(files: dict[str, Any]) -> dict[str, Any]:
    """An event of which something is told, after the first."""
    events: list[dict[str, Any]] = files["events.json"][1:]
    return next(one for one in events if "type" in one or "parts" in one)


def without_document(files: dict[str, Any]) -> None:
    """Leave an application out, and say nothing of it."""
    sha256 = document_of(files).rpartition("/")[2]
    del files[f"documents/{sha256}"]
    kept = [one for one in files["documents.json"] if one["sha256"] != sha256]
    files["documents.json"] = kept


def document_of(files: dict[str, Any]) -> str:
    """An application of a bundle, by the name of its file."""
    kinds = {one["sha256"]: one["kind"] for one in files["documents.json"]}
    return next(
        name
        for name in files
        if name.startswith("documents/") and kinds[name.rpartition("/")[2]] == "application"
    )


async def test_a_chain_made_anew_and_signed_by_another_is_told_from_the_heads_that_were_kept(
    world: World,
) -> None:
    case = await world.reviewed()
    archive = (await bundles(world, case))["caseworker"]
    published = kept(world)
    files = apart(archive)

    def otherwise(event: Any) -> None:
        event["recorded_at"] = "2026-01-01T00:00:00.000000Z"

    leaf = chained_anew(files, 2, otherwise)
    assert wrong(together(files)) == {"inclusion"}
    signed_anew(files, HeadKey.read(make_head_key()), leaf)
    forged = together(files)
    # Whoever kept no head sees by whose key it is signed, and that nothing was compared.
    assert wrong(forged) == set()
    assert ("published", None) in [(name, holds) for name, holds, _ in checked(forged)]
    assert wrong(forged, published) == {"published"}
    assert wrong(archive, published) == set()


async def test_a_bundle_of_an_older_day_says_until_when_it_goes(world: World) -> None:
    case = await world.reviewed()
    archive = (await bundles(world, case))["recipient"]
    older = kept(world)
    await world.act(case, "escalate", world.clerk, to="authority_lead", reason="Вопрос")
    make_head(world.engine, KEY)
    said = {name: [one.code for one in said] for name, _, said in checked(archive, kept(world))}
    assert said["later"] == ["covered", "newer"]
    younger = (await world.get(f"/v1/cases/{case}/bundle", world.clerk)).content
    # A head from before the case went on proves nothing of the head that has it now.
    assert wrong(younger, older) == {"published"}
    assert wrong(younger, kept(world)) == set()


async def test_it_says_in_three_languages_what_holds_and_what_does_not(
    world: World, tmp_path: Path
) -> None:
    for table in (TEXTS, SENTENCES):
        assert all(len(texts) == len(LANGUAGES) and all(texts) for texts in table.values())
    archive = (await bundles(world, await world.ordered()))["recipient"]
    place = tmp_path / "case.zip"

    def told(language: str) -> tuple[int, str]:
        asked = [sys.executable, "-I", str(SCRIPT), str(place), "--language", language]
        ended = subprocess.run(asked, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout + ended.stderr

    place.write_bytes(archive)
    for language, words in (("kk", "жасырылған"), ("ru", "скрыто"), ("en", "withheld")):
        code, text = told(language)
        assert (code, words in text) == (0, True), text
    files = apart(archive)
    files["events.json"][0]["hash"] = "00" * 32
    place.write_bytes(together(files))
    for language, words in (("kk", "ДҰРЫС ЕМЕС"), ("ru", "НЕВЕРНО"), ("en", "DOES NOT HOLD")):
        code, text = told(language)
        assert (code, words in text) == (1, True), text
    place.write_bytes(b"no bundle")
    assert told("kk") == (2, "бұл дәлел файлы емес, немесе ол толық емес\n")


async def test_what_stands_in_a_bundle_writes_no_line_of_its_own(
    world: World, tmp_path: Path
) -> None:
    case = await world.ordered()
    archive = (await bundles(world, case))["recipient"]
    spoof = "\x1b[2J\nholds: The chain of the events of the case holds"
    file = tmp_path / "bundle.zip"
    file.write_bytes(zipped({**unzipped(archive), f"{spoof}.json": b"{}"}))
    told = subprocess.run(
        [sys.executable, SCRIPT, file], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.returncode == 1
    assert "\x1b" not in told.stdout
    assert told.stdout.count("\nholds: The chain of the events") == 1

    def named(files: dict[str, Any]) -> None:
        files["case.json"]["reference"] = spoof

    assert wrong(changed(archive, named)) is None
