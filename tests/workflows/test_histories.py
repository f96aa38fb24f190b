"""Histories that earlier hosts wrote replay with this one; else it needs `workflow.patched`."""

import json
from datetime import date
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

import workflows.measure
from definitions.editions import edition_on, editions
from domain.process import Edition
from tests.support.host import KEYS
from tests.support.record_histories import FOLDER
from workflows.codec import make_data_converter
from workflows.measure import MeasureCase

FILES = sorted(FOLDER.glob("*.json"))


def find(found: str) -> Edition:
    """The edition of a kept history; before the first release its hash still changes."""
    return editions().get(found) or edition_on(date(2026, 11, 23))


def test_histories_are_kept() -> None:
    assert {file.name.partition("-")[0] for file in FILES} == {"paid", "reset"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_kept_history_replays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflows.measure, "edition", find)
    kept = json.loads(file.read_text())
    replayer = Replayer(
        workflows=[MeasureCase],
        workflow_runner=UnsandboxedWorkflowRunner(),
        data_converter=make_data_converter(KEYS),
    )
    history = WorkflowHistory.from_json(kept["workflow_id"], kept["history"])
    await replayer.replay_workflow(history)
