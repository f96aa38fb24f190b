"""The tables of the procedure, races and terms, and the stories: each is a test, named here."""

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
        ("db/test_casefile_terms.py",
         "test_an_order_submitted_in_time_goes_before_the_end_of_the_choice"),
    ),
    "the same message twice, or out of order": (
        ("domain/test_races.py", "test_the_same_message_twice_makes_one_event"),
        ("workflows/test_recovery.py",
         "test_the_same_message_handed_over_many_times_is_one_event"),
        ("workflows/test_recovery.py",
         "test_all_that_waits_is_heard_by_one_look_in_its_order"),
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
         "test_a_worker_killed_at_looks_and_effects_leaves_the_same_file_and_one_payment"),
        ("workflows/test_kill.py",
         "test_a_case_reset_at_looks_and_effects_is_the_same_file_and_one_payment"),
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
        ("domain/test_rows_payment_again.py",
         "test_p8_an_attempt_thought_rejected_that_settled_pays_and_the_open_one_is_asked_about"),
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
        ("domain/test_money_runs.py",
         "test_no_run_pays_twice_loses_money_or_leaves_it_unknown"),
    ),
    "two caseworkers decide at once": (
        ("domain/test_races.py",
         "test_of_two_caseworkers_who_decide_at_once_the_second_learns_who_did_what_and_when"),
        ("workflows/test_races.py",
         "test_of_two_caseworkers_at_once_the_first_counts_and_the_second_learns_who_it_was"),
    ),
}  # fmt: skip
# A case in an ill wind, and the tests that play it to its end.
STORIES = {
    "the guardian dies in fulfilment and a new one comes after two months": (
        ("workflows/test_party_stories.py",
         "test_l6_the_guardian_dies_in_fulfilment_and_a_new_one_comes_after_two_months"),
    ),
    "an order at 23:55, and the supplier is silent": (
        ("workflows/test_commission_stories.py",
         "test_o2_an_order_late_at_night_with_a_silent_supplier_ends_by_itself"),
    ),
    "the recipient dies after the delivery": (
        ("workflows/test_party_stories.py",
         "test_l3_the_recipient_dies_after_delivery_and_the_supplier_is_paid"),
    ),
    "the account is closed and the supplier in liquidation": (
        ("workflows/test_commission_stories.py",
         "test_p13_a_supplier_in_liquidation_is_followed_by_one_who_signs_and_is_paid"),
    ),
    "a revision while a payment is unknown": (
        ("workflows/test_money_stories.py",
         "test_a_revision_while_a_payment_is_unknown_stops_no_payment_and_starts_no_second"),
    ),
    "accepted but never signed": (
        ("workflows/test_commission_stories.py",
         "test_f8_d4_what_the_recipient_accepted_and_never_signs_the_commission_concludes"),
    ),
    "300 of 365 pieces": (
        ("workflows/test_periods.py",
         "test_f6_of_365_pieces_300_are_accepted_and_65_are_still_owed"),
    ),
    "the third quarter is late and the money of the second unknown": (
        ("workflows/test_periods.py",
         "test_the_third_quarter_is_late_while_the_money_of_the_second_is_unknown"),
    ),
    "a move to another region before and after the order": (
        ("api/test_parties.py",
         "test_l7_moved_before_the_order_the_new_place_reads_and_acts_at_once"),
        ("workflows/test_party_stories.py",
         "test_l7_a_move_after_the_order_leaves_the_payment_where_it_was"),
    ),
    "the supplier raises the price": (
        ("workflows/test_money_stories.py",
         "test_a_raised_price_is_shown_agreed_to_and_never_paid_by_the_treasury"),
    ),
    "two measures with one supplier": (
        ("api/test_parties.py",
         "test_two_measures_with_one_supplier_are_two_orders_two_applications_two_payments"),
    ),
    "a supplier struck off before confirming": (
        ("workflows/test_commission_stories.py",
         "test_o5_a_supplier_struck_off_while_the_workers_are_down_loses_its_order"),
    ),
    "no supplier in the district on the fiftieth day": (
        ("workflows/test_commission_stories.py",
         "test_c4_no_supplier_in_the_district_on_the_fiftieth_day"),
    ),
    "a court cancels a refusal": (
        ("workflows/test_heard_stories.py",
         "test_v5_v6_l12_a_refusal_is_heard_a_court_cancels_it_and_the_case_is_paid"),
    ),
    "an old SIM card": (
        ("workflows/test_season_stories.py",
         "test_n2_n3_an_old_sim_card_proves_nothing_and_a_registered_letter_does"),
        ("activities/test_hearing_notices.py",
         "test_v5_an_old_sim_card_proves_nothing_and_the_hearing_does_not_begin"),
    ),
    "a wheelchair breaks on the fortieth day after the payment": (
        ("workflows/test_commission_stories.py",
         "test_d2_p10_p11_a_wheelchair_that_breaks_after_the_payment_is_chosen_again"),
    ),
    "the bank returns settled money": (
        ("workflows/test_money_stories.py",
         "test_settled_money_that_the_bank_returns_is_paid_again_under_a_new_key"),
    ),
    "a sanatorium voucher for May, ordered in January": (
        ("workflows/test_season_stories.py",
         "test_c1_f1_a_voucher_for_may_is_ordered_in_january_used_in_may_and_paid"),
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


@pytest.mark.parametrize(("named", "tests"), [*RACES.items(), *STORIES.items()])
def test_every_race_and_every_story_has_its_tests(
    named: str, tests: tuple[tuple[str, str], ...]
) -> None:
    assert tests, named
    for file, test in tests:
        assert source_of(file, test), f"{file} has no {test}"


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_the_table_of_terms_has_its_test(line: str) -> None:
    source = source_of(TERMS, LINES[line])
    assert source, LINES[line]
    assert all(said in source for said in line.split())
