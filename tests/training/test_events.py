from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from resnet_studio.training.events import CheckpointSaved, RunEnded, StepDone, to_dict

STEP = StepDone(
    step=3, epoch=1, loss=0.5, accuracy=0.75, learning_rate=0.1, images_per_second=900.0
)


def test_events_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        STEP.loss = 0.0


def test_events_become_json_with_their_name_and_paths_as_text():
    saved = to_dict(CheckpointSaved(Path("runs/a/last.pt"), 7))
    assert json.loads(json.dumps(saved)) == {
        "event": "CheckpointSaved",
        "path": str(Path("runs/a/last.pt")),
        "step": 7,
    }
    assert to_dict(STEP)["event"] == "StepDone"
    ended = to_dict(RunEnded("finished", 10, 2, "Finished."))
    assert (ended["outcome"], ended["checkpoint"]) == ("finished", None)
