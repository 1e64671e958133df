"""The person's own pipelines: undo, what is remembered, and what does not fit together yet."""

from __future__ import annotations

import pytest

from resnet_studio.data.augment import PRESETS, HorizontalFlip, Resize
from resnet_studio.gui.pipeline_sketch import Sketch
from resnet_studio.gui.studio import Studio
from resnet_studio.settings import Settings

IMAGENET = (PRESETS["imagenet_train"], PRESETS["imagenet_val"])
CIFAR = (PRESETS["cifar_train"], PRESETS["cifar_val"])


def _flip(p):
    train = Sketch.of(IMAGENET[0]).with_step(1, HorizontalFlip(p=p))
    return train, Sketch.of(IMAGENET[1])


def test_each_choice_is_a_step_of_undo(studio):
    heard = []
    studio.pipelines.changed.connect(lambda: heard.append(studio.pipelines.own))
    studio.pipelines.set(IMAGENET, "ImageNet")
    studio.pipelines.set(IMAGENET, "the same again")
    studio.pipelines.set(CIFAR, "CIFAR")
    studio.undo_stack.undo()
    studio.undo_stack.undo()
    studio.undo_stack.redo()
    assert heard == [IMAGENET, CIFAR, IMAGENET, None, IMAGENET]
    assert [studio.undo_stack.text(place) for place in (0, 1)] == ["ImageNet", "CIFAR"]


def test_a_dragged_slider_is_one_step_of_undo(studio):
    studio.pipelines.set(IMAGENET)
    for p in (0.6, 0.7, 0.8):
        studio.pipelines.set_sketches(_flip(p), drag="p 1")
    studio.pipelines.set_sketches(_flip(0.9), drag="p 2")
    assert studio.undo_stack.count() == 3
    studio.undo_stack.undo()
    assert studio.pipelines.own[0].steps[1].p == 0.8
    studio.undo_stack.undo()
    assert studio.pipelines.own == IMAGENET


def test_the_choice_is_remembered_with_what_is_switched_off(studio):
    train = Sketch.of(IMAGENET[0]).switched(1)
    studio.pipelines.set_sketches((train, Sketch.of(IMAGENET[1])))
    studio.settings.save()
    later = Studio(Settings(studio.settings.path))
    try:
        assert later.pipelines.sketches == studio.pipelines.sketches
        assert later.pipelines.own[0].steps == (IMAGENET[0].steps[0], IMAGENET[0].steps[2])
    finally:
        later.shutdown()
        later.deleteLater()


@pytest.mark.parametrize(
    "damaged",
    [
        {"train": "{", "validation": "{}"},
        {"train": Sketch.of(CIFAR[0]).to_json()},
        {"train": "[]", "validation": "[" * 5000},
        {
            "train": Sketch("x", "", (Resize(size=8),)).to_json(),
            "validation": Sketch.of(CIFAR[1]).to_json(),
        },
        {
            "train": Sketch.of(CIFAR[0]).to_json().replace('"off": []', '"off": [77]'),
            "validation": Sketch.of(CIFAR[1]).to_json(),
        },
    ],
)
def test_a_damaged_memory_falls_back_to_the_usual_pipelines(studio, damaged):
    studio.settings["pipelines"] = damaged
    later = Studio(studio.settings)
    try:
        assert later.pipelines.own is None
        assert later.pipelines.problem is None
        later.pipelines.set(CIFAR)
        later.undo_stack.undo()
        assert later.pipelines.own is None
    finally:
        later.shutdown()
        later.deleteLater()


def test_what_does_not_fit_leaves_the_last_that_did_and_says_which_step_is_wrong(studio):
    studio.pipelines.set(IMAGENET)
    broken = Sketch.of(IMAGENET[1]).switched(1)  # without the centre crop
    studio.pipelines.set_sketches((Sketch.of(IMAGENET[0]), broken))
    assert studio.pipelines.own == IMAGENET
    assert studio.pipelines.error_of(0) is None
    assert "Step 3, Normalise" in str(studio.pipelines.error_of(1))
    assert "centre crop" in str(studio.pipelines.problem)
    studio.undo_stack.undo()
    assert studio.pipelines.problem is None


def test_steps_that_never_fitted_fall_back_to_the_usual_ones_that_were_edited(studio):
    broken = Sketch.of(IMAGENET[0]).removed(0)
    studio.pipelines.set_sketches((broken, Sketch.of(IMAGENET[1])), usual=IMAGENET)
    assert studio.pipelines.own == IMAGENET
    assert studio.pipelines.problem is not None


@pytest.mark.parametrize(
    ("validation", "says"),
    [
        (PRESETS["imagenet_train"], "Random resized crop, Horizontal flip"),
        (PRESETS["cifar_val"], "224 × 224"),
        (
            PRESETS["imagenet_val"].model_copy(update={"steps": IMAGENET[1].steps[:2]}),
            "different colours",
        ),
    ],
)
def test_pipelines_that_training_cannot_use_together_are_named(studio, validation, says):
    studio.pipelines.set((IMAGENET[0], validation))
    assert says in str(studio.pipelines.problem)


def test_steps_move_with_their_switch():
    sketch = Sketch.of(PRESETS["cifar_train"]).switched(0)
    first, second, *_ = sketch.steps
    moved = sketch.moved(0, 1)
    assert (moved.steps[:2], moved.off) == ((second, first), {1})
    assert moved.removed(0).off == {0}
    assert moved.added(0, first).off == {2}
    assert moved.switched(1).off == frozenset()
