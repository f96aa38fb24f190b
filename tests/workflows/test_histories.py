"""Histories that earlier hosts wrote replay with this one; else it needs `workflow.patched`."""

import json
from pathlib import Path

from definitions.editions import edition, published, replaced
from tests.support.host import KEYS
from tests.support.record_histories import FOLDER
from workflows.codec import make_data_converter
from workflows.replays import check_recorded


def test_histories_are_kept() -> None:
    assert {file.name.partition("-")[0] for file in FOLDER.glob("*.json")} >= {"paid", "reset"}


async def test_every_kept_history_replays() -> None:
    verdict = await check_recorded(FOLDER, make_data_converter(KEYS), "default")
    assert verdict.failures == ()
    assert verdict.checked == len(list(FOLDER.glob("*.json")))


async def test_a_history_that_was_changed_does_not(tmp_path: Path) -> None:
    (kept,) = FOLDER.glob("reset-*.json")
    changed = json.loads(kept.read_text())
    events = changed["history"]["events"]
    timer = next(one for one in events if one["eventType"] == "EVENT_TYPE_TIMER_STARTED")
    timer["eventType"] = "EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED"
    (tmp_path / kept.name).write_text(json.dumps(changed))
    verdict = await check_recorded(tmp_path, make_data_converter(KEYS), "default")
    (failure,) = verdict.failures
    assert failure.case_id == changed["workflow_id"].partition("/")[2]
    assert failure.nondeterministic


def test_a_case_of_an_earlier_build_goes_on_under_what_its_edition_became() -> None:
    for hash_, code in replaced().items():
        assert edition(hash_).hash == published()[code]
