"""Where walks begin whose parties are not those of the straight way."""

from tests.domain.play import C2, ELSEWHERE, C, E, Play, measure, power, reach


def orphaned(status: str) -> Play:
    """The recipient's guardian has died."""
    play = reach(status)
    guardian = power(id="power-6", person="person-5", kind="GUARDIAN")
    play.send(
        "measure_arrived",
        E,
        {"measure": measure(revision=2, acting={"representatives": [guardian]})},
    )
    said = {"representative": "power-6", "on": play.today(), "evidence": True}
    play.send("end_representation", C, said)
    assert play.case.measure is not None
    (proposed,) = play.case.measure.acting.proposed
    play.send("confirm_representation", C2, {"proposal": proposed.id})
    assert play.period.pause is not None
    return play


def bereaved(status: str) -> Play:
    """The recipient has died."""
    play = reach(status)
    play.send("revoked", E, {"ground": "person_died"})
    return play


def ward() -> Play:
    """A trustee consents beside the recipient."""
    play = reach("choosing")
    trustee = power(id="power-7", person="person-2", kind="TRUSTEE")
    play.send(
        "measure_arrived",
        E,
        {"measure": measure(revision=2, acting={"representatives": [trustee]})},
    )
    return play


def moved() -> Play:
    """The recipient lives elsewhere, and the order is under review where they came from."""
    play = reach("under_review")
    play.send("move", C, {"authority": ELSEWHERE, "region": "711110000", "evidence": True})
    return play


def proposed() -> Play:
    """A guardian whom one caseworker has entered."""
    play = reach("choosing")
    made = power(id="power-8", person="person-5", kind="GUARDIAN")
    play.send("begin_representation", C, {"representative": made, "evidence": True})
    return play


def party_starts() -> list[Play]:
    """Nobody can act, somebody has died, a trustee consents, somebody has moved, or is entered."""
    begun = [orphaned("choosing"), orphaned("in_fulfilment"), bereaved("delivered")]
    return [*begun, bereaved("under_review"), ward(), moved(), proposed()]
