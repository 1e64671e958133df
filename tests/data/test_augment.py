from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError

from resnet_studio.data.augment import (
    CIFAR10,
    DIGITS,
    IMAGENET,
    PRESETS,
    AugmentSpec,
    CenterCrop,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    Resize,
    ResizeExact,
    draw,
    pipelines_for,
    sample_rng,
)
from resnet_studio.errors import SpecError

NORMALISE = {"kind": "normalise", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}


def refusal(*steps, **fields):
    with pytest.raises(SpecError) as caught:
        AugmentSpec.from_dict({"steps": list(steps), **fields})
    return caught.value


def test_importing_pipelines_takes_no_torch():
    code = "import sys, resnet_studio.data.augment; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- round trips ----------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", PRESETS.values(), ids=PRESETS)
def test_presets_survive_dictionaries_and_json(spec):
    assert AugmentSpec.from_dict(spec.to_dict()) == spec
    assert AugmentSpec.from_json(spec.to_json()) == spec
    assert AugmentSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert hash(AugmentSpec.from_json(spec.to_json())) == hash(spec)


def test_a_pipeline_is_immutable():
    with pytest.raises(ValidationError):
        PRESETS["cifar_val"].name = "mine"
    with pytest.raises(TypeError):
        PRESETS["mine"] = PRESETS["cifar_val"]


# --- presets --------------------------------------------------------------------------------------


def test_imagenet_presets_are_the_pytorch_recipe():
    train, validation = PRESETS["imagenet_train"], PRESETS["imagenet_val"]
    crop, flip, normalise = train.steps
    assert (crop.size, crop.scale, crop.ratio) == (224, (0.08, 1.0), (3 / 4, 4 / 3))
    assert crop.rule == "log_uniform"
    assert flip.p == 0.5
    assert normalise == Normalise(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    assert validation.steps == (Resize(size=256), CenterCrop(size=224), normalise)


def test_cifar_training_pads_by_four_and_crops_thirty_two():
    steps = PRESETS["cifar_train"].steps
    assert steps[-3:] == (PadCrop(padding=4, size=32), HorizontalFlip(p=0.5), CIFAR10)
    # On CIFAR's own size the steps before them change nothing.
    drawn = draw(PRESETS["cifar_train"], 32, 32, sample_rng(0, 0, 0))
    assert drawn.steps[1].size == (32, 32)
    assert drawn.steps[1].region == (0, 0, 32, 32)


def test_tutorial_presets_resize_to_96_and_scale_to_plus_minus_one():
    for name in ("tutorial_train", "tutorial_val"):
        resize, normalise = PRESETS[name].steps
        assert resize == ResizeExact(size=96)
        assert normalise == Normalise(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))


def test_digits_are_never_flipped_and_the_note_says_why():
    for size in (8, 32, 64, 224):
        train, _ = pipelines_for(size, "digits")
        kinds = {step.kind for step in train.steps}
        assert "pad_crop" in kinds
        assert not kinds & {"horizontal_flip", "random_resized_crop"}
        assert "flipped digit" in train.note


def test_digits_statistics_are_those_of_scikit_learns_digits():
    from sklearn.datasets import load_digits

    grey = load_digits().images / 16
    assert DIGITS.mean == pytest.approx([grey.mean()] * 3, abs=5e-5)
    assert DIGITS.std == pytest.approx([grey.std()] * 3, abs=5e-5)


@pytest.mark.parametrize("size", [1, 2, 8, 31, 32, 63, 64, 96, 224, 299, 448])
@pytest.mark.parametrize("kind", ["digits", "cifar10", "folder"])
def test_pipelines_for_any_input_size_give_that_size(size, kind):
    for spec in pipelines_for(size, kind):
        assert spec.output_size == size
        for height, width in ((8, 8), (32, 32), (500, 375), (40, 700)):
            assert draw(spec, height, width, sample_rng(0, 0, 0)).steps[-1].size == (size, size)
    assert pipelines_for(size, kind)[1].numbers == 0


def test_pipelines_are_the_presets_at_the_usual_sizes():
    assert pipelines_for(224) == (PRESETS["imagenet_train"], PRESETS["imagenet_val"])
    assert pipelines_for(32, "cifar10") == (PRESETS["cifar_train"], PRESETS["cifar_val"])
    assert pipelines_for(32, "digits") == (PRESETS["digits_train"], PRESETS["digits_val"])


def test_style_changes_from_cifar_to_imagenet_at_64_pixels():
    below, from_64 = pipelines_for(63)[0], pipelines_for(64)
    assert PadCrop(padding=8, size=63) in below.steps
    assert isinstance(from_64[0].steps[0], RandomResizedCrop)
    assert from_64[1].steps[:2] == (Resize(size=73), CenterCrop(size=64))
    assert from_64[0].name == "imagenet_train_64"
    assert below.normalise == IMAGENET


def test_a_size_that_no_pipeline_has_is_refused():
    for size in (0, -3, 100_000):
        with pytest.raises(SpecError, match=r"size is -?\d+; it must be"):
            pipelines_for(size)


# --- what a pipeline knows of itself --------------------------------------------------------------


def test_numbers_are_counted_over_all_steps():
    assert PRESETS["imagenet_train"].numbers == 33
    assert PRESETS["cifar_train"].numbers == 3
    assert PRESETS["imagenet_val"].numbers == 0


def test_a_pipeline_without_normalise_only_scales():
    spec = AugmentSpec(steps=(ResizeExact(size=8),))
    assert spec.normalise is None
    assert spec.pixel_steps == spec.steps


def test_a_resize_after_a_square_keeps_the_size_known():
    assert AugmentSpec(steps=(CenterCrop(size=64), Resize(size=40))).output_size == 40


def test_drawing_chance_without_a_generator_is_a_defect():
    with pytest.raises(ValueError, match="needs random numbers"):
        draw(PRESETS["cifar_train"], 32, 32)
    assert draw(PRESETS["cifar_val"], 32, 32).kept_fraction == 1


# --- refusals, in words ---------------------------------------------------------------------------


def test_sizes_that_depend_on_the_picture_are_refused():
    error = refusal({"kind": "resize", "size": 64}, NORMALISE)
    assert "different sizes" in error.message
    assert "centre crop" in error.message
    assert error.field == "steps.1"


def test_normalise_must_stand_last():
    error = refusal(NORMALISE, {"kind": "resize_exact", "size": 8})
    assert error.message == "Step 1: Normalise must be the last step."


def test_a_crop_larger_than_the_padded_picture_is_refused():
    error = refusal(
        {"kind": "resize_exact", "size": 20}, {"kind": "pad_crop", "size": 32, "padding": 4}
    )
    assert "a crop of 32 pixels does not fit into a picture of 20 with a border of 4" in str(error)
    assert "28 at most" in error.message
    assert error.field == "steps.1"


def test_a_crop_larger_than_the_least_shorter_side_is_refused():
    """Or training would lose some pictures in some epochs."""
    short_side = {"kind": "random_short_side", "min": 200, "max": 480}
    error = refusal(short_side, {"kind": "pad_crop", "size": 224, "padding": 0})
    assert "a crop of 224 pixels does not fit into a picture of 200" in error.message
    assert error.field == "steps.1"
    resized = {"kind": "resize", "size": 220}
    assert (
        "220 at most" in refusal(resized, {"kind": "pad_crop", "size": 224, "padding": 0}).message
    )
    reversed_range = {"kind": "random_short_side", "min": 300, "max": 200}
    assert "from 300 to 200" in refusal(reversed_range).message


def test_a_border_as_wide_as_the_crop_is_refused():
    error = refusal({"kind": "pad_crop", "size": 4, "padding": 4})
    assert "only border" in error.message


@pytest.mark.parametrize(
    ("step", "field", "words"),
    [
        ({"kind": "resize_exact", "size": 0}, "steps.0.size", "size is 0; it must be 1 or more"),
        ({"kind": "resize_exact", "size": 9000}, "steps.0.size", "it must be 8192 or less"),
        ({"kind": "resize_exact", "size": "big"}, "steps.0.size", "'big'; it should be a valid"),
        ({"kind": "resize_exact", "side": 3}, "steps.0.side", "there is no field 'side'"),
        ({"kind": "horizontal_flip", "p": 1.5}, "steps.0.p", "p is 1.5; it must be 1 or less"),
        ({"kind": "horizontal_flip", "p": float("nan")}, "steps.0.p", "p is nan"),
        ({"kind": "random_resized_crop", "scale": [0.5, 0.2]}, "steps.0.scale", "0.5 to 0.2"),
        ({"kind": "random_resized_crop", "scale": [0, 1]}, "steps.0.scale", "above 0"),
        ({"kind": "random_resized_crop", "scale": [0.1, 1.5]}, "steps.0.scale", "at most 1"),
        ({"kind": "random_resized_crop", "ratio": [0, 1]}, "steps.0.ratio", "at least 0.01"),
        ({"kind": "random_resized_crop", "rule": "new"}, "steps.0.rule", "'log_uniform' or"),
        ({"kind": "vertical_flip", "p": -1}, "steps.0.p", "p is -1; it must be 0 or more"),
        ({"kind": "random_rotation", "degrees": 181}, "steps.0.degrees", "180 or less"),
        ({"kind": "pad_crop", "fill": [0, 0, 256]}, "steps.0.fill.2", "255 or less"),
        ({"kind": "random_short_side", "min": 0}, "steps.0.min", "min is 0; it must be 1 or more"),
        ({"kind": "normalise", "std": [1, 1, 1]}, "steps.0.mean", "mean is missing"),
        ({"kind": "normalise", "mean": [0, 0, 0], "std": [1, 0, 1]}, "steps.0.std", "0.0001"),
        ({"kind": "normalise", "mean": [0, 0, 99], "std": [1, 1, 1]}, "steps.0.mean", "-10"),
        ({"kind": "rotate"}, "steps.0", "there is no step of the kind 'rotate'"),
        ({"size": 3}, "steps.0", "the kind of the step is missing"),
    ],
)
def test_a_refusal_names_step_field_value_and_rule(step, field, words):
    error = refusal(step)
    assert error.field == field
    assert error.message.startswith("Step 1: ")
    assert words in error.message
    assert error.remedy


def test_refusals_of_the_whole_pipeline_name_the_field():
    assert refusal().field == "steps"
    assert refusal({"kind": "resize_exact", "size": 8}, name="").field == "name"
    assert "no field 'stages'" in refusal({"kind": "resize_exact"}, stages=1).message


@pytest.mark.parametrize("text", ["{", "[]", "3", "[" * 100_000])
def test_text_that_is_no_pipeline_is_refused(text):
    with pytest.raises(SpecError, match="JSON"):
        AugmentSpec.from_json(text)


def test_the_docstrings_three_lines_hold():
    from resnet_studio.data import transforms

    spec = PRESETS["cifar_train"]
    numbers = sample_rng(0, 0, 5)
    drawn = draw(spec, 40, 50, numbers)
    picture = transforms.apply(spec, np.zeros((40, 50, 3), np.uint8), drawn)
    assert picture.shape == (3, 32, 32)
