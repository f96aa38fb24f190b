"""The kinds of entitlement: one process, and what differs for each kind, with its source."""

import pytest

from definitions.editions import edition_texts, editions, read_edition
from domain.case.entitlements import Entitlement
from domain.process import Edition
from tests.domain.play import CURRENT, GATEWAY, E, Play, measure
from tests.domain.reading import rows

EDITIONS = [*editions().values()]
# Rows that a kind does not have, and terms that rest on another text: nothing else differs.
DIFFERING = {
    Entitlement.PROGRAMME: (0, 0),
    Entitlement.SPECIAL_SERVICES: (2, 1),
    Entitlement.GUARANTEED_PACKAGE: (2, 1),
}


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda one: one.code)
@pytest.mark.parametrize("kind", Entitlement)
def test_what_differs_for_a_kind_is_counted_and_has_a_source(
    edition: Edition, kind: Entitlement
) -> None:
    variant, varied = edition.entitlements[kind], edition.of(kind)
    gone = [row for row in edition.process.rows if row not in varied.process.rows]
    changed = [name for name, one in edition.terms.items() if varied.terms[name] != one]
    assert (len(gone), len(changed)) == DIFFERING[kind]
    assert {row.id for row in gone} == variant.without.keys()
    assert all(variant.without.values())
    assert all(variant.terms[name].basis for name in changed)
    assert varied.hash == edition.hash


def test_an_edition_that_leaves_out_a_row_it_has_not_is_refused() -> None:
    text = edition_texts()["social-code"]
    with pytest.raises(ValueError, match="there is no row R99 to leave out"):
        read_edition(text.replace("without = { R4", "without = { R99"))


def test_c5_the_two_months_of_an_elderly_person_are_policy_and_as_long() -> None:
    """Rules p. 10 and SC 168(2) speak of persons with disability alone."""
    bases = {}
    for kind in (Entitlement.PROGRAMME, Entitlement.SPECIAL_SERVICES):
        play = Play()
        play.send("measure_arrived", E, {"measure": measure(entitlement=kind.value)})
        play.answer("notify")
        proof = {"round": 1, "confirmed": True, "on": play.today(), "channel": "sms"}
        play.send("delivery_proven", GATEWAY, proof)
        choice = play.period.deadlines["choice"]
        bases[kind] = (choice.certificate["article"], choice.last_day)
    programme, services = bases.values()
    assert (programme[0], services[0]) == ("SC 168(2)", "policy")
    assert programme[1] == services[1]


def test_r4_what_is_no_measure_of_a_programme_is_not_passed_to_procurement() -> None:
    told = measure(entitlement="special_services", procured=True)
    assert rows(Play().send("measure_arrived", E, {"measure": told})) == ["R1", "R6"]
    assert rows(Play().send("measure_arrived", E, {"measure": measure(procured=True)})) == [
        "R1",
        "R4",
    ]


def test_the_package_is_off_by_one_line_of_the_edition() -> None:
    assert [kind for kind, one in CURRENT.entitlements.items() if not one.open] == [
        Entitlement.GUARANTEED_PACKAGE
    ]
