"""The two tables of the procedure, races and terms: every row is a test, named here."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# What happens at once, and the tests that say what comes out.
RACES = {
    "an order of 23:59:59.9 and the timer at 24:00": (
        ("domain/test_races.py",
         "test_an_order_of_the_last_instant_stands_in_either_order_of_processing"),
    ),
    "an order of 00:00:00": (
        ("domain/test_races.py",
         "test_an_order_at_midnight_is_late_in_either_order_of_processing"),
    ),
    "a worker that is down across the deadline": (
        ("domain/test_races.py",
         "test_a_worker_that_was_down_across_the_answer_of_the_supplier_changes_nothing"),
        ("workflows/test_recovery.py",
         "test_deadlines_after_a_message_in_time_are_looked_for_anew"),
    ),
    "the same message twice, or out of order": (
        ("domain/test_races.py", "test_the_same_message_twice_makes_one_event"),
        ("workflows/test_recovery.py",
         "test_the_same_message_handed_over_many_times_is_one_event"),
        ("workflows/test_recovery.py",
         "test_messages_that_overtake_each_other_are_each_answered_once"),
    ),
    "both parties sign at once": (
        ("domain/test_races.py", "test_both_parties_sign_at_once_and_there_is_one_transition"),
        ("workflows/test_races.py",
         "test_when_both_parties_sign_at_once_both_count_and_one_transition_follows"),
    ),
    "a supplier removed between order and confirmation": (
        ("domain/test_rows_commission.py",
         "test_o5_a_supplier_removed_between_order_and_confirmation_loses_the_order"),
    ),
    "a revocation while a payment is pending": (
        ("domain/test_races.py",
         "test_a_revocation_while_a_payment_is_pending_stops_no_money_and_is_kept"),
        ("workflows/test_races.py",
         "test_a_revocation_while_a_payment_is_pending_lets_the_claim_run_to_its_end"),
    ),
    "a calendar change while the timer runs": (
        ("domain/test_recount.py",
         "test_the_message_of_the_old_day_comes_out_of_turn_and_the_new_one_rings"),
        ("workflows/test_calendar_changes.py",
         "test_the_later_day_rings_and_the_recipient_is_told"),
    ),
    "a worker killed at any event": (
        ("workflows/test_kill.py",
         "test_a_worker_killed_at_every_message_and_effect_leaves_the_same_file_and_one_payment"),
        ("workflows/test_kill.py",
         "test_a_case_reset_at_every_message_and_effect_is_the_same_file_and_one_payment"),
    ),
    "the treasury's answer lost": (
        ("activities/test_payments.py",
         "test_after_a_lost_answer_it_asks_before_it_sends_again"),
        ("domain/test_rows_payment.py",
         "test_p6_without_an_answer_it_is_asked_and_never_sent_again"),
        ("domain/test_rows_payment.py",
         "test_p5_never_received_on_enquiry_is_the_one_ground_to_send_the_same_key_again"),
    ),
    "the treasury's answer late": (
        ("domain/test_rows_payment.py",
         "test_p8_an_attempt_thought_rejected_that_settled_pays_and_stops_the_open_one"),
        ("workflows/test_races.py",
         "test_a_rejection_that_is_followed_by_a_settlement_is_paid_once"),
    ),
    "the treasury's answer repeated": (
        ("workflows/test_races.py",
         "test_a_report_that_is_repeated_is_noted_and_changes_nothing"),
    ),
    "the treasury's answer contradicting": (
        ("workflows/test_races.py",
         "test_a_settlement_with_another_amount_is_held_and_not_paid_again"),
        ("domain/test_treasury.py", "test_a_treasury_that_tells_the_truth_never_pays_twice"),
    ),
    "two caseworkers decide at once": (
        ("domain/test_races.py",
         "test_of_two_caseworkers_who_decide_at_once_the_second_learns_who_did_what_and_when"),
        ("workflows/test_races.py",
         "test_of_two_caseworkers_at_once_the_first_counts_and_the_second_learns_who_it_was"),
    ),
}  # fmt: skip
# Event, term and last day of each line, all in one file.
TERMS = "domain/test_terms_table.py"
LINES = {
    "2026-11-22 P2M 2027-01-22": "test_two_months_end_on_the_same_number",
    "2026-11-30 P2M 2027-02-01": "test_two_months_that_end_on_a_saturday_end_on_monday",
    "2026-12-31 P2M 2027-03-01":
        "test_a_month_without_a_31st_ends_with_its_last_day_a_sunday",
    "2026-12-31T20:00Z P2M 2027-03-01": "test_an_evening_in_utc_is_the_next_day_in_almaty",
    "2027-12-31 P2M 2028-02-29": "test_a_leap_year_has_a_29_february",
    "2026-01-21 P2M 2026-03-26":
        "test_nauryz_on_a_weekend_is_carried_over_to_two_more_days",
    "2026-06-30 P2M 2026-08-31": "test_30_august_2026_is_a_sunday_and_no_holiday",
    "2026-06-30 P2M 2026-09-01":
        "test_30_august_2026_was_carried_over_under_the_earlier_calendar",
    "2027-01-14 P2M 2027-03-16": "test_15_march_is_constitution_day_from_2027",
    "2026-11-07 P2M 2027-01-08": "test_orthodox_christmas_is_a_day_off",
    "2026-12-18 15wd 2027-01-13": "test_fifteen_working_days_over_the_new_year",
    "2026-03-19 3wd 2026-03-27": "test_three_working_days_over_nauryz",
    "2026-12-24 14cd 2027-01-08":
        "test_fourteen_calendar_days_that_end_on_orthodox_christmas",
}  # fmt: skip


def source_of(file: str, test: str) -> str | None:
    """The body of a test by its name; None where there is none."""
    text = (TESTS / file).read_text("utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == test:
            return ast.get_source_segment(text, node)
    return None


@pytest.mark.parametrize("race", RACES)
def test_every_race_has_its_tests(race: str) -> None:
    assert RACES[race], race
    for file, test in RACES[race]:
        assert source_of(file, test), f"{file} has no {test}"


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_the_table_of_terms_has_its_test(line: str) -> None:
    source = source_of(TERMS, LINES[line])
    assert source, LINES[line]
    assert all(said in source for said in line.split())
