"""Where the walks of the model player begin."""

from tests.domain.hearings import heard
from tests.domain.play import T_, C, Play, reach, report
from tests.domain.rounds import side_by_side


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
    begun += side_by_side()
    for status, waits_ in (("choosing", 4), ("choosing", 4), ("payment_pending", 1)):
        play = reach(status)
        for _ in range(waits_):
            play.wait()
        begun.append(play)
    return [*begun, *(heard(ground) for ground in (None, "not_delivered", "unsigned"))]


STARTS = _starts()
