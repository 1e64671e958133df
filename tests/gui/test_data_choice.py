"""The one data set of the window: chosen, remembered, undone, and rescued from bad changes."""

from __future__ import annotations

import pytest
from PIL import Image

from resnet_studio.data.sources import ClassEdits, DataConfig

WAIT_MS = 30_000


@pytest.fixture
def folder(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(3):
            shade = (40 * number, 80, 200)
            Image.new("RGB", (8, 8), shade).save(tmp_path / "pets" / name / f"{number}.png")
    return tmp_path / "pets"


def settle(qtbot, data):
    qtbot.waitUntil(lambda: data.summary is not None or bool(data.problem), timeout=WAIT_MS)


def test_a_choice_is_remembered_and_can_be_undone_before_anything_is_read(studio, folder):
    data = studio.data
    data.set_path(folder)
    assert DataConfig.model_validate_json(studio.settings["data"]).path == str(folder)
    assert studio.undo_stack.undoText() == "Choose pictures"
    assert data.opening
    assert not data.busy
    studio.undo_stack.undo()
    assert data.config == DataConfig()
    assert DataConfig.model_validate_json(studio.settings["data"]) == DataConfig()


def test_choosing_the_same_folder_again_looks_at_the_disk_again(qtbot, studio, folder):
    data = studio.data
    data.start()
    data.set_path(folder)
    settle(qtbot, data)
    assert len(data.split.train) + len(data.split.validation) == 6
    (folder / "cat" / "0.png").unlink()
    steps = studio.undo_stack.count()
    data.set_path(folder)
    settle(qtbot, data)
    assert len(data.split.train) + len(data.split.validation) == 5
    assert studio.undo_stack.count() == steps


def test_the_old_pictures_stay_until_the_new_division_is_there(qtbot, studio, folder):
    data = studio.data
    data.start()
    data.set_path(folder)
    settle(qtbot, data)
    before = data.split
    data.set(data.config.model_copy(update={"validation_fraction": 0.6}))
    assert data.split is before
    assert data.summary is None  # training waits for the new one
    settle(qtbot, data)
    assert len(data.split.validation) == 4


def test_changes_that_leave_nothing_can_be_taken_back(qtbot, studio, folder):
    data = studio.data
    edits = ClassEdits(excluded_classes=("cat", "dog"))
    data.set(DataConfig(source="folder", path=str(folder), edits=edits))
    data.start()
    settle(qtbot, data)
    assert "at least two" in data.problem
    assert data.split is None
    data.set(data.config.model_copy(update={"edits": ClassEdits()}))
    settle(qtbot, data)
    assert data.summary.classes == ("cat", "dog")


def test_a_source_keeps_its_folder_while_another_is_chosen(studio, folder):
    data = studio.data
    data.set_path(folder)
    data.set_source("cifar10")
    assert data.config.validation_fraction == 0.1  # as is usual for CIFAR-10
    data.set_source("folder")
    assert data.config.path == str(folder)
