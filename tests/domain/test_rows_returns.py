"""The rows of an application that is returned for correction (V1; APPC 64)."""

from datetime import timedelta
from typing import Any

from tests.domain.play import C2, S2, C, Play, R, S, reach, signing
from tests.domain.reading import ELSEWHERE, PROVEN, STATED, last_day, refusals, rows, told

DRAFT = {"application": "app-2"}


def asked(play: Play, what: str, days: int = 14, **more: Any) -> dict[str, Any]:
    return {"what": what, "until": play.today(days), "reason": "stated", **more}


def missing() -> Play:
    play = reach("under_review")
    play.send("return_application", C, asked(play, "attachment"))
    return play


def test_v1_a_content_that_must_change_is_signed_anew_within_the_term_that_is_set() -> None:
    play = reach("under_review")
    events = play.send("return_application", C, asked(play, "content", quantity=1), DRAFT)
    assert rows(events) == ["V1"]
    assert told(events) == [("application_returned", ("recipient", "supplier"))]
    application = play.period.application
    assert application is not None
    assert (play.status, application.version, application.signatures) == (
        "awaiting_signatures", 2, {},
    )  # fmt: skip
    assert (application.quantity, application.amount) == (1, 10_000_00)
    assert last_day(play, "signatures") == "2026-12-07"
    play.send("sign", R, {"application": "app-2", "signature": "cms-r2"}, {
        "signature": {"reason": None}})  # fmt: skip
    assert rows(play.send("sign", S, *signing(play))) == ["A1", "A2"]


def test_v1_a_missing_attachment_voids_no_signature_and_the_review_stands_still() -> None:
    play = reach("under_review")
    signed = play.period.application
    assert rows(play.send("return_application", C, asked(play, "attachment"))) == ["V1"]
    assert (play.status, play.period.application) == ("under_review", signed)
    assert play.period.deadlines["review"].rest == "17wd"
    assert last_day(play, "remedy") == "2026-12-07"
    assert list(refusals(play.send("approve", C))) == ["attachment_awaited"]
    intended = play.send("intend_refusal", C, {**STATED, "ground": "terms_broken"})
    assert list(refusals(intended)) == ["attachment_awaited"]


def test_v1_the_document_that_comes_lets_the_review_go_on_with_its_rest() -> None:
    play = missing()
    play.now += timedelta(days=7)
    assert "not_your_case" in refusals(play.send("provide_attachment", S2, PROVEN))
    assert list(refusals(play.send("provide_attachment", S))) == ["evidence_required"]
    assert rows(play.send("provide_attachment", S, PROVEN)) == ["V1"]
    review = play.period.deadlines["review"]
    assert (review.rest, review.certificate["term"]) == (None, "17wd")
    assert "nothing_to_do" in refusals(play.send("provide_attachment", S, PROVEN))
    assert rows(play.send("approve", C)) == ["V2"]


def test_v1_what_does_not_come_is_given_back_within_three_working_days() -> None:
    play = missing()
    early = play.send("return_unremedied", C, STATED, DRAFT)
    assert list(refusals(early)) == ["too_early"]
    events = play.wait()
    assert (rows(events), told(events)) == (["V1"], [("unremedied", ("recipient", "supplier"))])
    assert list(play.case.tasks) == ["1:unremedied"]
    assert last_day(play, "giving_back") == "2026-12-10"
    silent = play.copy()
    assert rows(silent.wait()) == ["V1"]
    assert len(silent.case.escalations) == 1
    assert rows(play.send("return_unremedied", C, STATED, DRAFT)) == ["V1"]
    assert (play.status, play.case.tasks) == ("awaiting_signatures", {})
    assert play.period.application is not None
    assert (play.period.application.version, play.period.application.signatures) == (2, {})


def test_v1_a_second_return_needs_a_second_caseworker() -> None:
    play = missing()
    play.send("provide_attachment", S, PROVEN)
    assert rows(play.send("return_application", C, asked(play, "attachment"))) == ["V1"]
    assert play.period.deadlines["review"].rest is None
    again = play.send("return_application", C, asked(play, "attachment"))
    assert list(refusals(again)) == ["same_person"]
    assert rows(play.send("return_application", C2, asked(play, "attachment"))) == ["V1"]
    assert play.period.deadlines["review"].rest is not None


def test_v1_a_return_says_what_is_wrong_and_leaves_a_reasonable_term() -> None:
    play = reach("under_review")
    wrong = play.send("return_application", C, {"what": "colour", "until": play.today(90)})
    assert set(refusals(wrong)) == {"ground_not_listed", "day_wrong", "reason_required"}
    more = play.send("return_application", C, asked(play, "content", quantity=3), DRAFT)
    assert list(refusals(more)) == ["quantity_wrong"]
    other = play.send("return_application", ELSEWHERE, asked(play, "attachment"))
    assert "not_your_case" in refusals(other)
    play.send("intend_refusal", C, {**STATED, "ground": "terms_broken"})
    during = play.send("return_application", C, asked(play, "attachment"))
    assert list(refusals(during)) == ["hearing_pending"]
