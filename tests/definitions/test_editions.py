"""The process and the editions of the law are proven when read, with every mistake at once."""

import re
import tomllib
from datetime import date, timedelta

import pytest

from definitions.editions import (
    DefinitionInvalid,
    chapter_texts,
    edition,
    edition_on,
    edition_texts,
    editions,
    published,
    read_edition,
)
from definitions.proofs import contradictions, needed_texts, prove_definitions
from definitions.wording import codes
from domain.errors import UnknownEdition
from domain.process import Edition
from domain.terms.counting import Term

CURRENT = edition_texts()["social-code"]
CHAPTERS = {name: chapter_texts()[name] for name in tomllib.loads(CURRENT)["chapters"]}


def changed(text: str, *changes: tuple[str, str]) -> str:
    """The text with each first part replaced once by the second."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def rewritten(*changes: tuple[str, str]) -> dict[str, str]:
    """The chapters with each first part replaced once by the second, where it stands first."""
    made = dict(CHAPTERS)
    for old, new in changes:
        name = next(name for name, text in made.items() if old in text)
        made[name] = changed(made[name], (old, new))
    return made


def process_faults(*changes: tuple[str, str], code: str = "social-code") -> str:
    """What is wrong with an edition under a changed process."""
    with pytest.raises(DefinitionInvalid) as caught:
        read_edition(edition_texts()[code], rewritten(*changes))
    return str(caught.value)


def edition_faults(*changes: tuple[str, str]) -> str:
    with pytest.raises(DefinitionInvalid) as caught:
        read_edition(changed(CURRENT, *changes))
    return str(caught.value)


def test_all_that_is_published_is_without_fault() -> None:
    assert prove_definitions() == []


def test_a_published_edition_never_changes() -> None:
    assert published() == {one.code: one.hash for one in editions().values()}


def test_the_code_follows_the_order_each_other_without_a_gap() -> None:
    assert edition_on(date(2022, 10, 7)).code == "order-379"
    assert edition_on(date(2023, 6, 30)).code == "order-379"
    assert edition_on(date(2023, 7, 1)).code == "social-code"
    assert edition_on(date(2026, 11, 23)).code == "social-code"


def test_before_the_first_edition_nothing_is_in_force() -> None:
    with pytest.raises(UnknownEdition):
        edition_on(date(2022, 10, 6))


def test_an_edition_is_found_by_its_hash_alone() -> None:
    one = edition_on(date(2026, 11, 23))
    assert edition(one.hash) is one
    with pytest.raises(UnknownEdition):
        edition("social-code")


def test_the_choice_lasts_two_months_under_both_editions() -> None:
    for one in (edition_on(date(2022, 10, 7)), edition_on(date(2026, 11, 23))):
        assert Term.parse(one.terms["choice"].length) == Term("months", 2)
        assert one.terms["choice"].basis != "policy"


def test_a_case_of_2022_never_cites_the_code() -> None:
    old = next(one for one in editions().values() if one.code == "order-379")
    cited = [row.article(old.code) for row in old.process.rows]
    cited += [*(length.basis for length in old.terms.values()), *old.bases.values()]
    assert not any("SC" in basis for basis in cited if basis)
    told = process_faults(
        ('order-379 = "Rules p. 9", social-code', 'order-379 = "SC 157", social-code'),
        code="order-379",
    )
    assert "row R1 (measure_arrived): SC 157 is of an act that order-379 does not know" in told


def test_every_row_and_every_value_says_why_it_is_as_it_is() -> None:
    told = process_faults(
        ('basis = { policy = "told_at_once" }', 'basis = { order-379 = "Rules p. 9" }'),
        ('social-code = "SC 169(2)"', 'social-code = "somebody said so"'),
    )
    assert "row R6 (entered) cites nothing for social-code" in told
    assert "row R4 (entered): nobody can read the citation somebody said so" in told
    lost = edition_faults(('office_closes_at_hour = "APPC 64(3)"', 'opening = "APPC 64(3)"'))
    assert "the value office_closes_at_hour has no basis" in lost
    assert "no value opening for a basis" in lost
    assert "'basis' is a required property" in process_faults(
        ('basis = { policy = "told_at_once" }', "")
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('length = "P2M"', 'length = "P3M"'),
        ('late_proof = "10wd"', 'late_proof = "11wd"'),
        ("acceptance = true", "acceptance = false"),
    ],
)
def test_a_changed_word_of_an_edition_is_another_hash(old: str, new: str) -> None:
    assert read_edition(changed(CURRENT, (old, new))).hash != read_edition(CURRENT).hash


def test_a_changed_row_is_another_hash() -> None:
    other = rewritten(
        ('guards = ["own_case", "quantity_accepted", "accepted_drafted"]', 'guards = ["own_case"]'),
    )
    assert read_edition(CURRENT, other).hash != read_edition(CURRENT).hash


def test_a_comment_is_the_same_hash() -> None:
    commented = {name: f"# a comment\n{text}" for name, text in CHAPTERS.items()}
    assert read_edition(CURRENT + "\n# a comment\n", commented).hash == read_edition(CURRENT).hash


def test_a_copied_chapter_is_the_same_law_under_whatever_name() -> None:
    text = changed(CURRENT, ('"choice", "order"', '"choice-2027", "order"'))
    copied = {**CHAPTERS, "choice-2027": CHAPTERS["choice"]}
    assert read_edition(text, copied).hash == read_edition(CURRENT).hash


def test_a_term_that_runs_in_open_runs_until_the_case_has_ended() -> None:
    parts = 'representation = { runs_in = ["open"], fires = "representation_over" }'
    chapters = {
        **CHAPTERS,
        "parties": re.sub(r"(?m)^representation = .*$", parts, CHAPTERS["parties"]),
    }
    process = read_edition(CURRENT, chapters).process
    open_ = {code for code, one in process.statuses.items() if not one.closed} - {"none"}
    assert set(process.terms["representation"].runs_in) == open_


def test_what_stands_in_two_chapters_is_refused() -> None:
    told = process_faults(("confirm = []", "confirm = []\ndecline = []"))
    assert "messages.decline is in two chapters" in told


def test_every_mistake_of_a_process_is_told_at_once() -> None:
    told = process_faults(
        ('when = ["procured"]', 'when = ["bought"]'),
        ('"within_norm"', '"within_reason"'),
        ('records = "confirm_order"', 'records = "confirm_all"'),
        ('starts = ["supplier_answer"]', 'starts = ["supplier_silence"]'),
        ('runs_in = ["delivered"]', 'runs_in = ["brought"]'),
    )
    for name in ("bought", "within_reason", "confirm_all", "supplier_silence", "brought"):
        assert name in told


def test_every_mistake_against_the_schema_is_told_at_once() -> None:
    told = process_faults(
        ('by = ["esobes"]', 'by = ["nobody"]'),
        ('event = "noted"', 'event = "Noted!"'),
        ("closed = true", 'closed = "yes"'),
        ('source = ["*"]', "source = []"),
    )
    for place in ("$.rows[0].by[0]", "$.rows[1].event", "closed", "$.rows[1].source"):
        assert place in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('to = "notice_failed"\nstarts = ["notice_failed"]', 'to = "notice_failed"',
         "notice_failed is limited by notice_failed, which is not started"),
        ('effects = ["tell:closed:recipient", "report"]', 'effects = ["tell:closed:recipient"]',
         "E is not told of closed_unclaimed"),
        ('effects = ["tell:to_employer:recipient", "report"]', 'effects = ["report"]',
         "nobody is told of to_employer"),
        ('choice = { runs_in = ["choosing"]', 'choice = { runs_in = ["choosing", "ordered"]',
         "nothing is certain to take choice_over in ordered"),
        ('id = "R3"\nsource = ["*"]\non = "measure_arrived"\nby = ["esobes"]\n'
         'when = ["revision_not_newer"]\n',
         'id = "R3"\nsource = ["*"]\non = "measure_arrived"\nby = ["esobes"]\n',
         "an earlier row takes every such message"),
        ('to_employer = {', 'to_nobody = { waits_for = "nobody" }\nto_employer = {',
         "status to_nobody is never reached"),
        ('payment_failed = { waits_for = "caseworker", term = "payment_failed" }',
         'payment_failed = { waits_for = "caseworker", term = "payment_lost" }',
         "no term payment_lost"),
        ('opens = ["court_claim"]', "opens = []\ncloses = [\"court\"]",
         "closes the task court, which nothing opens"),
        ('id = "P14"\nsource = ["paid"]', 'id = "P14"\nsource = ["under_review"]',
         "status paid: esobes can do nothing there"),
        ('source = ["paid", "completed", "recovered"]', 'source = ["*"]',
         "leaves closed statuses without naming them"),
        ('effects = ["notify"]', 'effects = ["shout"]', "does not match"),
        ('starts = ["reopen_answer"]', "starts = []", "no row starts the term reopen_answer"),
        ('on = "confirm_return"', 'on = "confirm_return_"', "no message confirm_return_"),
        ('waits_for = "recipient", term = "acceptance"', 'waits_for = "treasury", '
         'term = "acceptance"', "status delivered: treasury can do nothing there"),
        ('received = { waits_for = "service", untimed = "at_once" }',
         'received = { waits_for = "service" }', "it has no term, and does not say why"),
        ('choosing = { waits_for = "recipient"', 'choosing = { untimed = "ever", waits_for = '
         '"recipient"', "it says why it has no term, and needs none"),
        ('supplier = ["confirm", "refuse_order"]', 'supplier = ["accept"]',
         "term supplier_answer: supplier has no accept while it runs"),
    ],
)  # fmt: skip
def test_a_process_that_could_leave_somebody_waiting_is_refused(
    old: str, new: str, told: str
) -> None:
    assert told in process_faults((old, new))


def test_a_status_that_nothing_leaves_is_refused() -> None:
    limbo = '[statuses]\nlimbo = { waits_for = "nobody", untimed = "at_once" }'
    told = process_faults(("[statuses]", limbo), ('to = "to_employer"', 'to = "limbo"'))
    assert "status limbo: no way leads to an end" in told


def test_a_status_from_which_no_way_leads_to_an_end_is_refused() -> None:
    told = process_faults(
        (
            "to_employer = {",
            'limbo = { waits_for = "caseworker", untimed = "at_once" }\nto_employer = {',
        ),
        ('to = "to_employer"', 'to = "limbo"'),
    )
    assert "status limbo: no way leads to an end" in told
    assert "status limbo: caseworker can do nothing there" in told
    assert "status to_employer is never reached" in told


def test_every_mistake_of_an_edition_is_told_at_once() -> None:
    told = edition_faults(
        ("valid_from = 2023-07-01", 'valid_from = "July"'),
        ('length = "14cd"', 'length = "14 days"'),
        ("[title]", 'colour = "red"\n[title]'),
        ('office_closes_at_hour = "18"', 'office_closes_at_hour = "25"'),
    )
    for place in ("valid_from", "$.terms.acceptance.length", "colour", "office_closes_at_hour"):
        assert place in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("funds = {", "fun = {", "no length for the term funds"),
        ("funds = {", "fun = {", "no term fun in the process"),
        ('code = "social-code"', 'code = "other-code"', "cites nothing for other-code"),
        ("valid_from = 2023-07-01", "valid_from = 2023-07-01\nvalid_to = 2023-06-01",
         "it ends before it begins"),
        ('review = { length = "15wd", basis = "APPC 76(1)"',
         'review = { length = "15wd", basis = "APPC 76(1)", reminders = ["1wd"]',
         "has reminders that nothing sends"),
        ('"life", "corrections"', '"death", "corrections"', "there is no chapter death"),
        ('    "receipt", "periods",', '    "periods",', "no chapter has the status none"),
        ("precedence = 2", "precedence = ", "is no TOML"),
    ],
)  # fmt: skip
def test_an_edition_that_contradicts_its_process_is_refused(old: str, new: str, told: str) -> None:
    assert told in edition_faults((old, new))


def named(one: Edition, **changes: object) -> Edition:
    return one.model_copy(update=changes)


def test_editions_that_contradict_each_other_are_told() -> None:
    old, new = edition_on(date(2022, 10, 7)), edition_on(date(2026, 11, 23))
    made = {old.code: old, new.code: new}
    known = {code: published()[code] for code in made}
    assert list(contradictions(made, known)) == []
    both = {**made, old.code: named(old, valid_to=new.valid_from, precedence=2)}
    assert "neither goes before" in " ".join(contradictions(both, known))
    after = {**made, old.code: named(old, valid_to=new.valid_from - timedelta(1), precedence=2)}
    assert list(contradictions(after, known)) == []
    assert "has changed" in " ".join(
        contradictions({**made, new.code: named(new, hash="0")}, known)
    )
    assert "is gone" in " ".join(contradictions({old.code: old}, known))
    assert "not among" in " ".join(contradictions(made, {old.code: old.hash}))
    assert "calls itself" in " ".join(contradictions({"x": new, old.code: old}, known))
    ground = {**made, new.code: named(new, refusal_grounds=("whim",))}
    assert "ground.whim" in " ".join(contradictions(ground, known))


def test_every_row_has_a_title() -> None:
    process = rewritten(('id = "C1"', 'id = "C77"'))
    needed = needed_texts(read_edition(CURRENT, process).process)
    assert needed - set(codes()) == {"law.row.C77"}


def test_every_status_and_command_of_the_process_has_a_text() -> None:
    process = editions()[edition_on(date(2026, 11, 23)).hash].process
    assert {f"status.{code}" for code in process.statuses} - set(codes()) <= {"status.none"}
