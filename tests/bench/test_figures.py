"""From what turns cost to what is told of them."""

import pytest

from bench.figures import AIMS, judged, medians, ratios, reading_ratios, spread
from bench.turns import Turn


def turn(answers: list[tuple[str, float]] | None = None, **cpu_ms: float) -> Turn:
    return Turn(cpu_ms, 2.0, answers or [("take", 0.010)])


BARE = turn(temporal=60, worker=40, load=500)
SLOW = turn(temporal=120, worker=80, load=500)
DBOS = turn(app=100, postgres=60, load=500)


def test_who_asks_and_the_outside_world_belong_to_no_sum() -> None:
    ours = turn(temporal=70, worker=50, postgres=40, api=80, sandbox=999, load=999)
    found = ratios(ours, BARE, DBOS, SLOW)
    assert (found["cpu_ratio"], found["cpu_ratio_all"]) == (1.2, 2.4)
    assert (found["paced_cpu_ratio"], found["paced_cpu_ratio_all"]) == (0.6, 1.2)
    assert found["dbos_cpu_ratio"] == 1.5


def test_plain_commands_are_those_without_a_signature() -> None:
    answers = [("place_order", 0.030), ("sign", 0.040), ("accept", 0.012)]
    ours = turn(answers, temporal=1, worker=1, postgres=1, api=1)
    found = ratios(ours, BARE, DBOS, SLOW)
    assert found["command_ratio"] == pytest.approx(3)
    assert found["plain_command_ratio"] == pytest.approx(1.2)


def test_reads_are_compared_round_by_round() -> None:
    rates = {"bare": [100.0, 200.0], "get": [10.0, 40.0], "list": [5.0, 12.0]}
    rounds = reading_ratios(rates)
    assert rounds == [
        {"get_ratio": 0.1, "list_ratio": 0.05},
        {"get_ratio": 0.2, "list_ratio": 0.06},
    ]


def test_a_figure_is_the_median_of_its_rounds_and_says_how_far_they_lie_apart() -> None:
    rounds = [{"cpu_ratio": one} for one in (1.9, 1.1, 1.2)]
    assert medians(rounds) == {"cpu_ratio": 1.2}
    assert spread(rounds) == {"cpu_ratio": (1.1, 1.9)}


def test_an_aim_is_met_on_its_side_only() -> None:
    found = dict.fromkeys(AIMS, 1.0)
    told = judged(found)
    assert told["cpu_ratio"] == {"aim": "≤ 1.2", "met": True}
    assert told["events_ratio"] == {"aim": "≤ 0.9", "met": False}
    assert told["cases_ratio"] == {"aim": "≥ 0.5", "met": True}
