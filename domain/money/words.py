"""The treasury's word on a payment: what it means beside the order and what is known (P2-P9, P15).

Every word is compared with the order, whatever it says. What it leaves out does not differ. What
it means is decided by its outcome alone; codes of ISO 20022 are for people.
"""

from typing import Any, Final

from domain.case.state import Payment
from domain.messages import Message

# Words that an answer to an enquiry repeats until it can say more.
NOT_FINAL: Final = ("under_way", "unsaid")
NOTHING: Final = "nothing"
_OUTCOMES: Final = {"ACSC": "settled", "RJCT": "not_executed"}
# A return that two caseworkers read in a statement has this in the place of the treasury's number.
STATED: Final = "statement"
# What of a word that does not fit is kept, in this order.
_TOLD: Final = ("outcome", "amount", "payee", "account", "reference")


def understood(message: Message) -> Message:
    """The word of a message that waited since before outcomes were told, by its code of ISO 20022.

    Whether something differed or was left out it did not say: the rest is asked about.
    """
    if message.name != "payment_reported" or "outcome" in message.data:
        return message
    said = dict(message.data)
    outcome = _OUTCOMES.get(said.get("status", ""), "under_way")
    same = "same" if said.pop("payee_matches", False) else None
    data = {**said, "outcome": outcome, "payee": same, "account": same}
    return message.model_copy(update={"data": data})


def meaning(payment: Payment, said: dict[str, Any], *, recovering: bool = False) -> str:
    """What a word means for an attempt, as a code.

    Of one that did not settle: `differs`, `settles`, `incomplete` (settled, without the sum or the
    account), `rejects`, `confirms` (it stays not executed), `unclear` (nobody can act on what it
    says), `under_way`; while two decide about it, `waits` (it fits the order, and is weighed with
    what they decide). Of one that did: `contradicts`, `returns`, `confirms`. Else `nothing`: it is
    known, or says nothing.
    """
    if contrary(payment, said, recovering=recovering) is not None:
        if _told_before(payment, said):
            return NOTHING
        return "contradicts" if payment.went else "differs"
    if payment.doubtful and not payment.went:
        news = told(said) not in (*payment.heard, *payment.contrary)
        return "waits" if said["outcome"] == "settled" and news else NOTHING
    if payment.went:
        return _of_paid(payment, said)
    match said["outcome"]:
        case "settled":
            return "settles" if _complete(said) else "incomplete"
        case "not_executed":
            open_ = payment.unanswered or payment.status == "void"
            return "rejects" if open_ else "confirms"
        case "other":
            return "unclear"
    return "under_way"


def contrary(payment: Payment, said: dict[str, Any], *, recovering: bool = False) -> str | None:
    """What of a word does not fit the order, or what is known of the attempt; a code."""
    outcome, amount = said["outcome"], said.get("amount")
    if said.get("at_odds"):
        return "at_odds"
    if outcome != "returned" and amount not in (None, payment.amount, payment.settled):
        return "amount"
    for part in ("payee", "account"):
        if said.get(part) == "other":
            return part
    if not payment.went:
        # Two caseworkers read in a statement that it did not go: no word alone undoes that.
        if outcome == "settled" and payment.status == "rejected" and payment.stated:
            return "stated"
        if outcome == "settled" and _another(payment.reference, said.get("reference")):
            return "number"
        # It was said to be settled, though not in full: that is not less said.
        if outcome == "not_executed" and payment.unanswered and payment.word == "settled":
            return "rejected"
        return "returned_unsettled" if outcome == "returned" else None
    if outcome == "not_executed":
        return "rejected" if payment.left + payment.lost else None
    if outcome == "other":
        return "unclear"
    if outcome == "settled" and _another(payment.reference, said.get("reference")):
        return "number"
    if outcome == "returned" and not _known_return(payment, said):
        return _wrong_return(payment, said, recovering=recovering)
    return None


def _wrong_return(payment: Payment, said: dict[str, Any], *, recovering: bool) -> str | None:
    """A supplier may pay back in parts what is claimed; the treasury returns a payment once.

    One movement may be told in several ways, so a part must be another than each one before.
    """
    amount = said.get("amount")
    if payment.doubt is not None:
        return "returned_in_doubt"
    if not amount:
        return "returned_unsaid"
    if payment.returns and not (recovering and _another_part(payment, said)):
        return "returned_twice"
    return "returned_more" if amount > payment.paid - payment.returned else None


def _of_paid(payment: Payment, said: dict[str, Any]) -> str:
    if said["outcome"] == "returned":
        return "confirms" if _known_return(payment, said) else "returns"
    return NOTHING if said["outcome"] in NOT_FINAL else "confirms"


def told(said: dict[str, Any]) -> str:
    """A word that does not fit, so that it is known again."""
    more = ["at_odds"] if said.get("at_odds") else []
    if said["outcome"] == "other" and said.get("status"):
        more.append(said["status"])
    return ":".join([*(str(said.get(name)) for name in _TOLD), *more])


def _told_before(payment: Payment, said: dict[str, Any]) -> bool:
    """Two have this very word before them, or have decided on it.

    Of money that came back without a number nobody can tell whether it is the same again.
    """
    unnumbered = said["outcome"] == "returned" and not _numbers(said)
    return not unnumbered and told(said) in payment.contrary


def still_contrary(payment: Payment) -> tuple[str, ...]:
    """The words that do not fit what two have decided just now: on these they have decided.

    One that fits now is heard again if another decision stands by the time that it is repeated.
    """

    def fits(one: str) -> bool:
        said = _read_told(one)
        if said["outcome"] == "never_received":
            said["outcome"] = "not_executed"
        return said["outcome"] != "returned" and contrary(payment, said) is None

    return tuple(one for one in payment.contrary if not fits(one))


def weighed(payment: Payment) -> Payment:
    """What two have decided just now, beside the words that came while they looked (row P3).

    A word that fits it names the number of the payment. One that does not proves something that
    they did not decide on: they decide once more.
    """
    decided = payment.model_copy(update={"heard": (), "contrary": still_contrary(payment)})
    for one in payment.heard:
        said = _read_told(one)
        if against := contrary(decided, said):
            update: dict[str, Any] = {"doubt": against, "contrary": (*decided.contrary, one)}
        else:
            update = {"reference": decided.reference or said["reference"]}
        decided = decided.model_copy(update=update)
    return decided


def _read_told(one: str) -> dict[str, Any]:
    """A word as `told` has kept it."""
    said: dict[str, Any] = dict(zip(_TOLD, one.split(":", len(_TOLD) - 1), strict=True))
    said = {name: None if value == "None" else value for name, value in said.items()}
    said["amount"] = int(said["amount"]) if said["amount"] else None
    return said


def said_to_settle(payment: Payment) -> tuple[int, ...]:
    """The sums that the treasury named as settled, against what was known; in tiyn."""
    words = (one.split(":") for one in payment.contrary)
    return tuple(int(word[1]) for word in words if word[0] == "settled" and word[1].isdecimal())


def returns_of(said: dict[str, Any]) -> tuple[str, ...]:
    """A return, so that it is known again: each of its numbers, with its sum and day."""
    booked = f":{said['booked']}" if said.get("booked") else ""
    return tuple(f"{one}:{said['amount']}{booked}" for one in _numbers(said) or (None,))


def _numbers(said: dict[str, Any]) -> tuple[str, ...]:
    """An entry of an account and the transaction in it have numbers of their own."""
    told_ = (said.get("reference"), said.get("entry_reference"))
    return tuple(dict.fromkeys(one for one in told_ if one))


def _known_return(payment: Payment, said: dict[str, Any]) -> bool:
    """Another notice of it names the same number and sum; without a number nobody can tell."""
    known = [_read_return(one)[:2] for one in payment.returns]
    return any((number, said.get("amount")) in known for number in _numbers(said))


def _another_part(payment: Payment, said: dict[str, Any]) -> bool:
    """It is certainly another movement than each that counted.

    Two numbers of one sum and day do not say so: one may be the entry's, and one the transaction's.
    Of what two have read in a statement no later word can say it.
    """
    numbers, day = _numbers(said), said.get("booked")

    def another(one: str) -> bool:
        known, amount, booked = _read_return(one)
        other_day = None not in (day, booked) and day != booked
        return known not in (STATED, *numbers) and (amount != said["amount"] or other_day)

    return bool(numbers) and all(another(one) for one in payment.returns)


def _read_return(one: str) -> tuple[str, int, str | None]:
    """Number, sum and day of a return as it was kept; a number may hold a colon of its own."""
    rest, _, last = one.rpartition(":")
    if last.isdecimal():
        return rest, int(last), None
    number, _, amount = rest.rpartition(":")
    return number, int(amount), last


def counts(payment: Payment, said: dict[str, Any]) -> bool:
    """It agrees with the order and with all that is known, so that its number is the payment's."""
    final = said["outcome"] in ("settled", "under_way")
    return final and not payment.doubtful and contrary(payment, said) is None


def _complete(said: dict[str, Any]) -> bool:
    """The sum and the account say where the money went; whose account it is was checked before."""
    return said.get("amount") is not None and said.get("account") == "same"


def _another(known: str | None, named: str | None) -> bool:
    return known is not None and named is not None and known != named
