"""The annex with the account to be paid: verified later where it could not be at once (A1, A2)."""

from tests.domain.play import GOOD_ACCOUNT, S, reach, signing
from tests.domain.reading import rows, told

UNCHECKED_ANNEX = {**GOOD_ACCOUNT, "account_signature": {"reason": "unchecked"}}


def test_a1_an_annex_that_cannot_be_checked_yet_makes_nobody_late_and_counts_once_it_is() -> None:
    play = reach("awaiting_signatures")
    assert rows(play.send("sign", S, signing(play)[0], UNCHECKED_ANNEX)) == ["A1"]
    still = play.copy()
    assert [event.type for event in still.answer("verify", reason="unchecked")] == ["noted"]
    assert (play.status, still.status) == ("awaiting_signatures", "awaiting_signatures")
    assert rows(play.answer("verify", reason=None, certificate="cert")) == ["A1", "A2"]
    assert play.period.application is not None
    account = play.period.application.account
    assert account is not None
    assert (account.checked, account.certificate_sha256) == (True, "cert")


def test_a1_an_annex_found_bad_later_is_void_and_its_supplier_told_and_signs_again() -> None:
    play = reach("awaiting_signatures")
    play.send("sign", S, signing(play)[0], UNCHECKED_ANNEX)
    events = play.answer("verify", reason="certificate_revoked")
    assert told(events) == [("annex_rejected", ("supplier",))]
    assert play.period.application is not None
    assert play.period.application.account is None
    assert play.status == "awaiting_signatures"
    assert rows(play.send("sign", S, *signing(play))) == ["A1", "A2"]


def test_a1_signature_and_annex_are_verified_apart() -> None:
    play = reach("awaiting_signatures")
    nothing = {name: {"reason": "unchecked"} for name in UNCHECKED_ANNEX}
    play.send("sign", S, signing(play)[0], nothing)
    asked = [effect.data for effect in play.case.outbox.values() if effect.kind == "verify"]
    assert [(one["signature"], one.get("account")) for one in asked] == [
        ("cms-s", None),
        ("cms-a", "acc-1"),
    ]
    assert rows(play.answer("verify", reason=None)) == ["A1"]
    assert play.status == "awaiting_signatures"
    assert rows(play.answer("verify", reason=None)) == ["A1", "A2"]


def test_a1_a_verdict_on_an_annex_that_was_replaced_changes_nothing() -> None:
    play = reach("in_fulfilment")
    play.send("sign", S, signing(play)[0], UNCHECKED_ANNEX)
    later = signing(play, account="acc-2", account_signature="cms-b", signature="cms-s2")
    assert rows(play.send("sign", S, *later)) == ["A1"]
    assert [event.type for event in play.answer("verify", reason="expired")] == ["noted"]
    assert play.period.application is not None
    assert play.period.application.account is not None
