"""What people do in each status, most of the time."""

from domain.case.outlook import PEOPLE as ASKING
from domain.messages import SERVICE, Actor
from tests.domain.hearing_whims import ENDED
from tests.domain.play import ABOVE, ACTORS, C2, CURRENT, GATEWAY, T_, TODAYS, C, E, K, R, S

PEOPLE = frozenset(ASKING)
# What moves a case on from each status, most of the time.
SENSIBLE: dict[str, tuple[tuple[str, Actor], ...]] = {
    "none": (("measure_arrived", E),),
    "notifying": (("delivery_proven", GATEWAY), ("open_case", R)),
    "notice_failed": (("enter_proof", C), ("change_contacts", C), ("measure_arrived", E)),
    "choosing": (("place_order", R), ("place_order", R), ("told_proven", GATEWAY),
                 ("delivery_bounced", GATEWAY),
                 ("open_case", R), ("enter_proof", C), ("report_no_supplier", R),
                 ("deny_no_supplier", K), ("confirm_no_supplier", K)),
    "choice_expired": (("contest_deadline", R), ("grant_contest", C2), ("reopen", C),
                       ("ask_reopening", R), ("intend_closing", C),
                       ("open_case", R), ("close", C), ("deny_reopening", C),
                       ("report_no_supplier", C), ("deny_no_supplier", K)),
    "ordered": (("confirm", S), ("confirm", S), ("refuse_order", S), ("cancel_order", R),
                ("supplier_removed", SERVICE), ("supplier_ceased", K)),
    "in_fulfilment": (("mark_delivered", S), ("mark_delivered", S), ("cancel_order", R),
                      ("report_co_payment_missing", S), ("report_co_payment_received", S),
                      ("withdraw_order", S), ("agree_to_cancel", R), ("agree_to_cancel", S),
                      ("complain", R), ("hear_complaint", K), ("supplier_ceased", C),
                      ("extend_term", C)),
    "delivered": (("accept", R), ("accept", R), ("complain", R), ("refer", S),
                  ("supplier_ceased", C), ("enter_successor", C), ("enter_successor", C2)),
    "disputed": (("order_remedy", K), ("decide_for_supplier", K), ("decide_for_supplier", K),
                 ("decide_for_recipient", K), ("state_position", R)),
    "awaiting_signatures": (("sign", S), ("sign", S), ("change_content", C), ("sign", R),
                            ("refer", C), ("complain", R)),
    "under_review": (("approve", C), ("approve", C2), ("approve", ABOVE), ("intend_refusal", C),
                     ("told_proven", GATEWAY),
                     ("raise_objection", R), ("raise_objection", S), ("answer_objection", C),
                     ("refuse", C), ("refuse", C2), ("withdraw_intention", C),
                     ("return_application", C), ("return_application", C2),
                     ("provide_attachment", S), ("return_unremedied", C),
                     ("extend_review", C), ("complain", R)),
    "awaiting_funds": (("confirm_funds", C), ("complain", R)),
    "payment_pending": (("payment_reported", T_), ("payment_reported", T_), ("complain", R),
                        ("enter_statement", C), ("enter_statement", C2)),
    "payment_failed": (("retry_payment", C), ("retry_payment", C2), ("change_account", S),
                       ("check_account", C), ("check_account", C2), ("payment_reported", T_)),
    "paid": (("payment_reported", T_), ("find_breach", K)),
    "completed": (("payment_reported", T_), ("complain", R), ("dismiss_complaint", K),
                  ("find_breach", K)),
    "recovering": (("payment_reported", T_), ("confirm_return", C), ("write_off", C),
                   ("write_off", C2), ("payment_reported", T_)),
    "recovered": (("payment_reported", T_), ("find_breach", K)),
    **ENDED,
}  # fmt: skip
# What is done in every open status.
STANDING: tuple[tuple[str, Actor], ...] = (
    ("pause", C), ("resume", C), ("extend_term", C), ("extend_term", C), ("escalate", C),
    ("answer_escalation", C), ("measure_arrived", E),
)  # fmt: skip
# What people may ask under this edition, and could not under today's.
_TODAYS = {row.on for row in TODAYS.process.rows}
FRESH: tuple[tuple[str, Actor], ...] = tuple(
    (row.on, ACTORS[role][0])
    for row in CURRENT.process.rows
    for role in row.by
    if role in PEOPLE and row.on not in _TODAYS
)
