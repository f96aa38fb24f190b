"""Where walks begin: nothing yet, steps of the straight way, and where few walks come."""

from tests.domain.hearings import heard
from tests.domain.play import ELSEWHERE, T_, C, E, Play, measure, power, reach, report


def _orphaned(status: str) -> Play:
    """The recipient's guardian has died."""
    play = reach(status)
    guardian = power(id="power-6", person="person-5", kind="GUARDIAN")
    play.send(
        "measure_arrived",
        E,
        {"measure": measure(revision=2, acting={"representatives": [guardian]})},
    )
    play.send(
        "end_representation", C, {"representative": "power-6", "on": play.today(), "evidence": True}
    )
    play.send(
        "end_representation", C, {"representative": "power-1", "on": play.today(), "evidence": True}
    )
    assert play.period.pause is not None
    return play


def _bereaved(status: str) -> Play:
    """The recipient has died."""
    play = reach(status)
    play.send("revoked", E, {"ground": "person_died"})
    return play


def _ward() -> Play:
    """A trustee consents beside the recipient."""
    play = reach("choosing")
    trustee = power(id="power-7", person="person-2", kind="TRUSTEE")
    play.send(
        "measure_arrived",
        E,
        {"measure": measure(revision=2, acting={"representatives": [trustee]})},
    )
    return play


def _moved() -> Play:
    """The recipient lives elsewhere, and the order is under review where they came from."""
    play = reach("under_review")
    play.send("move", C, {"authority": ELSEWHERE, "region": "711110000", "evidence": True})
    return play


def _starts() -> list[Play]:
    """Where walks begin: nothing yet, steps of the straight way, and where few walks come."""
    begun = [Play(), Play(), reach("notifying", 1), reach("choosing"), reach("ordered")]
    begun += [reach("in_fulfilment"), reach("awaiting_signatures"), reach("under_review", 1)]
    begun += [reach("payment_pending"), reach("payment_pending", 1), reach("paid")]
    twice = reach("paid")
    twice.send("payment_reported", T_, {**report(twice, "RJCT")})
    twice.send("retry_payment", C)
    twice.send("payment_reported", T_, report(twice, "RJCT"))
    twice.send("retry_payment", C)
    twice.send("payment_reported", T_, report(twice, "ACSC"))
    second = twice.period.payments[1]
    twice.send("payment_reported", T_, report(twice, "ACSC", key=second.key))
    assert twice.status == "recovering"
    begun += [twice]
    begun += [_orphaned("choosing"), _orphaned("in_fulfilment"), _bereaved("delivered")]
    begun += [_bereaved("under_review"), _ward(), _moved()]
    for status, waits_ in (("choosing", 4), ("choosing", 4), ("payment_pending", 1)):
        play = reach(status)
        for _ in range(waits_):
            play.wait()
        begun.append(play)
    return begun


STARTS = [*_starts(), *(heard(ground) for ground in (None, "not_delivered", "unsigned"))]
