"""The words for people: complete in three languages, short enough, free of health details."""

import ast
import re
import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from definitions.refusals import refusal
from definitions.wording import (
    CASES,
    LANGUAGES,
    LONGEST,
    READERS,
    SMS_LIMIT,
    UnknownText,
    WrongFact,
    codes,
    draft_faults,
    every_language,
    facts_of,
    faults_of,
    length,
    notice,
    notice_facts,
    prove_texts,
    sentence,
    text,
)
from domain.terms.counting import Term
from tests.domain.play import CURRENT
from tests.support.code import modules

NEEDED = {
    "status": """received notifying notice_failed choosing choice_expired ordered in_fulfilment
        delivered disputed awaiting_signatures under_review awaiting_funds payment_pending
        payment_failed paid recovering completed declined ended withdrawn refused closed_unclaimed
        to_procurement to_employer recovered written_off lapsed""",
    "waits_for": """recipient supplier caseworker commission esobes treasury administrator service
        nobody""",
    "command": """place_order decline reopen close report_no_supplier confirm refuse_order
        cancel_order mark_delivered accept sign approve confirm_funds retry_payment change_account
        enter_proof change_contacts revoke escalate answer_escalation change_content
        withdraw_approval enter_statement extend_term open_case""",
    "otherwise": """choice notice supplier_answer delivery acceptance signatures review
        second_approval payment_answer payment_failed expired_decision funds""",
    "refusal": """status_does_not_allow not_your_case late programme_not_in_force
        supplier_not_active item_not_offered region_not_served price_changed party_conflict
        co_payment_not_confirmed over_norm wrong_document signature_invalid same_person
        party_cannot_decide no_acceptance sum_over_snapshot not_all_signed already_decided
        period_unknown reason_required too_early hearing_pending quantity_wrong nothing_to_do
        case_closed unknown_command""",
    "signature": """structure_invalid attached signer_count certificate_missing certificate_count
        attributes_missing unsigned_too_much signature_wrong timestamp_wrong wrong_document
        algorithm_unsupported gost_unsupported digest_weak key_weak certificate_expired
        certificate_not_yet_valid certificate_revoked certificate_untrusted not_for_signing
        identity_missing wrong_signer not_a_persons organisation_missing wrong_organisation
        not_entitled unchecked""",
    "notice": """measures_arrived choice_reminder choice_expired order_placed order_refused
        order_confirmed delivered sign_reminder approved paid closed refused withdrawn""",
    "problem": """form_invalid not_signed_in not_allowed not_found command_refused
        idempotency_conflict too_large unavailable too_many_requests malformed_json
        unsupported_media_type""",
    "task": """notice_failed choice_expired delivery_overdue acceptance_silent unsigned
        payment_failed payment_held payment_unknown review_overdue invalid_message
        implementation_before_deadline funds_late""",
}
PARTS = {"notice": ("sms", "email_subject", "email_body"), "problem": ("title", "detail")}
NOTICES = sorted({code.split(".")[1] for code in codes("notice")})
# Words that would tell a stranger who sees the telephone about health or the item itself.
TELLING = re.compile(
    r"мүгедек|оңалту|инвалид|реабилит|disab|rehab|арба|жөргек|протез|коляск|подгузник"
    r"|wheelchair|diaper|диагноз|diagnos",
    re.IGNORECASE,
)


def test_the_text_files_have_no_fault() -> None:
    assert prove_texts() == []


@pytest.mark.parametrize(
    ("kk", "ru", "fault"),
    [
        ({"a": "Иә", "b": "Жоқ"}, {"a": "Да"}, "ru.toml: b is missing"),
        ({"a": "{count}"}, {"a": "{until}"}, "a does not name the same facts"),
        ({"a": "{until:date}"}, {"a": "{until}"}, "a does not name the same facts"),
        ({"a": " "}, {"a": "Да"}, "kk.toml: a is empty"),
        ({"a": "Иә"}, {"a": "И\u0306"}, "ru.toml: a is not in Unicode normal form C"),
        ({"a": "жiберу"}, {"a": "Да"}, "kk.toml: a mixes Latin and Cyrillic letters in: жiберу"),
        ({"a": "{count"}, {"a": "Да"}, "kk.toml: a has broken braces"),
        ({"a": "{count.real}"}, {"a": "Да"}, "has something else than a fact in braces"),
        ({"a": "{count!r}"}, {"a": "Да"}, "has something else than a fact in braces"),
        ({"a": "{0}"}, {"a": "Да"}, "has something else than a fact in braces"),
        ({"a": "{count:>900}"}, {"a": "Да"}, "has something else than a fact in braces"),
        ({"n.sms": "я" * 135}, {"n.sms": "Да"}, "is 135 characters long, an SMS has 134"),
        ({"n.sms": "{surname}"}, {"n.sms": "Да"}, "names facts that no SMS may carry: surname"),
    ],
)
def test_a_fault_of_the_texts_is_told(kk: dict[str, str], ru: dict[str, str], fault: str) -> None:
    assert fault in " ".join(faults_of({"kk": kk, "ru": ru}))


@pytest.mark.parametrize(
    ("draft", "fault"),
    [
        ({"a": "Bor"}, None),
        ({}, None),
        ({"b": "Yo'q"}, "uz.toml: b is no code of a text"),
        ({"a": "{count} ta"}, "does not name the same facts as in ru.toml"),
        ({"a": "{"}, "has broken braces"),
    ],
)
def test_a_draft_may_lack_texts_and_may_have_no_wrong_ones(
    draft: dict[str, str], fault: str | None
) -> None:
    told = draft_faults("uz", draft, {"a": "Да"})
    assert (fault in " ".join(told)) if fault else told == []


@pytest.mark.parametrize("group", NEEDED)
def test_every_code_of_the_process_has_its_words(group: str) -> None:
    parts = [f".{part}" for part in PARTS[group]] if group in PARTS else [""]
    needed = {f"{group}.{name}{part}" for name in NEEDED[group].split() for part in parts}
    assert needed <= set(codes(group))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NOTICES)
def test_an_sms_fits_into_two_parts_with_its_longest_facts(name: str, language: str) -> None:
    code = f"notice.{name}.sms"
    assert len(sentence(code, language, LONGEST)) <= SMS_LIMIT


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_tells_nothing_about_health_or_the_item(name: str, language: str) -> None:
    told = notice(name, language, **{fact: LONGEST[fact] for fact in notice_facts(name)})
    assert not TELLING.search(f"{told.sms} {told.email_subject} {told.email_body}")
    assert "\n" not in told.email_subject


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("measures_arrived", {"count", "choice"}),
        ("choice_reminder", {"until"}),
        ("order_placed", {"reference"}),
        ("order_refused", {"until"}),
        ("choice_expired", set()),
        ("paid", set()),
    ],
)
def test_a_notice_asks_for_the_agreed_facts(name: str, facts: set[str]) -> None:
    assert notice_facts(name) == facts


def test_a_reminder_says_the_last_day_as_people_write_it() -> None:
    told = text("notice.choice_reminder.sms", "kk", until=date(2027, 1, 22))
    assert "22.01.2027" in told
    assert told == text("notice.choice_reminder.sms", "kk", until="2027-01-22")


def test_a_changed_price_is_told_in_tenge_in_every_language() -> None:
    told = every_language("refusal.price_changed", shown=28_500_000, current=30_000_050)
    plain = {language: words.replace("\N{NO-BREAK SPACE}", " ") for language, words in told.items()}
    assert "285 000,00 теңге" in plain["kk"]
    assert "300 000,50 теңге" in plain["kk"]
    assert "285 000,00 тенге" in plain["ru"]
    assert "285 000,00 tenge" in plain["en"]


@pytest.mark.parametrize(
    ("term", "kk", "ru", "en"),
    [
        ("P1M", "1 күнтізбелік ай", "1 календарный месяц", "1 calendar month"),
        ("P2M", "2 күнтізбелік ай", "2 календарных месяца", "2 calendar months"),
        ("P1Y", "1 жыл", "1 год", "1 year"),
        ("10wd", "10 жұмыс күні", "10 рабочих дней", "10 working days"),
        ("11wd", "11 жұмыс күні", "11 рабочих дней", "11 working days"),
        ("21wd", "21 жұмыс күні", "21 рабочий день", "21 working days"),
        ("112cd", "112 күнтізбелік күн", "112 календарных дней", "112 calendar days"),
        ("124cd", "124 күнтізбелік күн", "124 календарных дня", "124 calendar days"),
    ],
)
def test_a_length_of_time_is_written_as_people_say_it(term: str, kk: str, ru: str, en: str) -> None:
    assert [length(Term.parse(term), one) for one in ("kk", "ru", "en")] == [kk, ru, en]
    told = [text("notice.measures_arrived.sms", one, count=2, choice=term) for one in LANGUAGES]
    assert all(f" {shown}: " in one for shown, one in zip((kk, ru, en), told, strict=True))


def test_what_is_no_length_of_time_is_an_error() -> None:
    for wrong in ("two months", "P0M", 2):
        with pytest.raises(WrongFact):
            text("notice.measures_arrived.sms", "en", count=2, choice=wrong)


@pytest.mark.parametrize(
    ("code", "language"),
    [("status.lost", "kk"), ("status", "kk"), ("", "ru"), ("status.paid", "de")],
)
def test_an_unknown_text_is_an_error(code: str, language: str) -> None:
    with pytest.raises(UnknownText):
        text(code, language)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"shown": 1},
        {"shown": 1, "current": 2, "iin": "x"},
        {"shown": "1", "current": 2},
        {"shown": True, "current": 2},
    ],
)
def test_a_wrong_fact_is_an_error(facts: dict[str, Any]) -> None:
    with pytest.raises(WrongFact):
        text("refusal.price_changed", "ru", **facts)


def test_a_refusal_takes_of_its_facts_what_the_sentence_names() -> None:
    facts = {"shown": 100, "current": 200, "offer": "anything"}
    assert sentence("refusal.price_changed", "ru", facts)
    with pytest.raises(WrongFact):
        sentence("refusal.price_changed", "ru", {"shown": 100})


def test_a_refused_signature_says_what_is_wrong_with_it() -> None:
    told = refusal("signature_invalid", "ru", {"reason": "certificate_expired"})
    assert told == "Подпись не принята. Срок действия сертификата истек."


def test_a_late_command_is_told_the_last_day() -> None:
    assert "22.01.2027" in refusal("late", "kk", {"last_day": "2027-01-22"})


def test_a_notice_refuses_a_fact_that_no_channel_names() -> None:
    with pytest.raises(WrongFact):
        notice("paid", "ru", until=date(2027, 1, 22))


def test_a_value_is_not_repeated_in_the_error() -> None:
    with pytest.raises(WrongFact) as caught:
        text("notice.choice_reminder.sms", "ru", until="850101300123")
    assert "850101300123" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_everything_that_the_process_names_has_its_words() -> None:
    process = CURRENT.process
    people = {"recipient", "supplier", "caseworker", "commission", "administrator"}
    effects = [effect for row in process.rows for effect in row.effects]
    told = [effect.split(":")[1] for effect in effects if effect.startswith("tell:")]
    needed = {
        *(f"status.{status}" for status in process.statuses),
        *(f"waits_for.{status.waits_for}" for status in process.statuses.values()),
        *(f"otherwise.{term}" for term in process.terms),
        *(f"command.{row.on}" for row in process.rows if people & set(row.by)),
        *(f"happened.{row.event}" for row in process.rows),
        *(
            f"now.{reader}.{status}"
            for reader in READERS
            for status in process.statuses
            if status != "none"
        ),
        *(f"task.{task}" for row in process.rows for task in row.opens),
        *(f"notice.{name}.sms" for name in told),
    }
    assert needed - set(codes()) == set()


@pytest.mark.parametrize("edition", ["order-379", "social-code"])
def test_every_ground_of_an_edition_has_its_words(edition: str) -> None:
    source = files("definitions").joinpath("editions", f"{edition}.toml").read_text("utf-8")
    grounds = tomllib.loads(source)["refusal_grounds"]
    assert {f"ground.{ground}" for ground in grounds} <= set(codes("ground"))


def refusals_in(source: str) -> list[tuple[str, set[str]]]:
    """The codes that a module refuses with, and the facts it gives: `Refusal(…)`, `unless(…)`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="unless"), args=[_, ast.Constant(value=str(code))]):
                found.append((code, {keyword.arg or "" for keyword in node.keywords}))
            case ast.Call(func=ast.Name(id="Refusal"), keywords=[ast.keyword("code", code), *rest]):
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.append((code.value, _given(rest)))
    return found


def _given(keywords: list[ast.keyword]) -> set[str]:
    """The names in `facts={…}` of a call."""
    written = [word.value for word in keywords if word.arg == "facts"]
    keys = [key for facts in written if isinstance(facts, ast.Dict) for key in facts.keys]
    return {
        key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def test_every_refusal_gives_the_facts_that_its_sentence_names() -> None:
    places = ("domain", "activities", "workflows", "api")
    sources = [path for place in places for path in modules(place)]
    refusals = [found for path in sources for found in refusals_in(path.read_text("utf-8"))]
    assert len(refusals) > 30
    lacking = [code for code, facts in refusals if not facts_of(f"refusal.{code}") <= facts]
    assert lacking == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_outside_the_groups_is_left_over(language: str) -> None:
    source = files("definitions").joinpath("texts", f"{language}.toml").read_text("utf-8")
    assert set(tomllib.loads(source)) == {
        *NEEDED,
        "addressee",
        *("held", "one_of"),
        "day",
        "printed",
        "entitlement",
        "status_until",
        "happened",
        "now",
        "act",
        "work",
        "ground",
        "pause_ground",
        "reopening_ground",
        "correctable",
        "breach",
        "succession",
        "supplier_condition",
        "removal_ground",
        *("mistake", "plain_mistake", "file_mistake", "calendar_fault"),
        *("right_day", "right_quantity", "revocation_ground"),
        "expected",
        "awaits",
        "awaits_colleague",
        "found_by",
        "field",
        "authorities_field",
        "authority_unnamed",
        "addressee_desk",
        *("calendar_field", "catalogue_field"),
        "form",
        "certificate",
        "citation",
        "day_off",
        "stuck",
        "remedy",
        "report",
        "what_if",
        "recount",
        "law",
        "paper",
        "page",
        "help",
        "label",
        "option",
        *("egov_mobile", "webhook"),
        "easy",
        "system_fault",
        "system_remedy",
    }


def test_kazakh_is_written_with_its_own_letters() -> None:
    every = [text(code, "kk", **_samples(code)) for code in codes()]
    assert set("қңғүұөәі") <= set(" ".join(every).lower())
    # What Russian has and no Kazakh word of ours: a text left untranslated would show here.
    assert [words for words in every if re.search(r"щ|ться\b|ние\b", words)] == []


def _samples(code: str) -> dict[str, Any]:
    days = dict.fromkeys(("last_day", "other", "since", "earliest", "latest"), LONGEST["until"])
    lengths = dict.fromkeys(("left", "past"), "61cd")
    own = dict.fromkeys(("named", "faults", "holiday"), dict.fromkeys(LANGUAGES, "бөлім"))
    known = {**LONGEST, **days, **lengths, **own}
    if code.startswith(("paper.", "printed.to")):
        known |= {"day": LONGEST["until"], "authority": dict.fromkeys(CASES, "орган")}
    if code.startswith("calendar_fault."):
        known |= dict.fromkeys(("day", "before", "first", "last"), LONGEST["until"])
    return {fact: known.get(fact, 1) for fact in facts_of(code)}


# Words that once stood beside the one that we use for the same thing.
OTHERS = {
    "kk": r"өнім беруші|(?<!тілі )маман|ӘАОЖ|[Кк]ері (қайтарып )?алын|Алматы уақыты",
    "ru": r"специалист(?!а жестового)|[Ёё]|времени Алматы|намечен",
    "en": r"Almaty time|vendor|contractor|social worker",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_thing_has_one_word(language: str) -> None:
    said = {code: text(code, language, **_samples(code)) for code in codes()}
    assert {code: one for code, one in said.items() if re.search(OTHERS[language], one)} == {}
