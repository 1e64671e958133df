"""The exported code is run, and its pixels are compared with those that training reads."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_studio.data.augment import (
    PRESETS,
    AugmentSpec,
    PadCrop,
    RandomResizedCrop,
    RandomShortSide,
    ResizeExact,
    draw,
    sample_numbers,
    sample_rng,
)
from resnet_studio.data.draws import draw_step
from resnet_studio.data.torchvision_code import code, code_of_draw
from resnet_studio.data.transforms import apply
from tests.data.step_cases import STEPS, photographs, pipelines

PHOTOS = [rgb.copy() for rgb in photographs()]  # torchvision warns of read-only arrays
SPECS = [spec for name in STEPS for spec in pipelines(name)]


def run(text: str) -> dict:
    names = {"__name__": "exported"}
    exec(compile(text, "exported.py", "exec"), names)
    return names


@pytest.mark.parametrize("spec", [*SPECS, *PRESETS.values()], ids=lambda spec: spec.name)
def test_a_sample_written_out_gives_its_pixels_bit_for_bit(spec):
    for index, rgb in enumerate(PHOTOS):
        drawn = draw(spec, *rgb.shape[:2], sample_rng(4, 0, index))
        sample = run(code_of_draw(spec, drawn))["sample"]
        assert torch.equal(sample(rgb), apply(spec, rgb, drawn))
        assert torch.equal(sample(Image.fromarray(rgb)), apply(spec, rgb, drawn))


@pytest.mark.parametrize("spec", [*SPECS, *PRESETS.values()], ids=lambda spec: spec.name)
def test_a_pipeline_runs_and_without_chance_gives_the_same_bits(spec):
    pipeline = run(code(spec))["pipeline"]
    for rgb in PHOTOS:
        given = pipeline(rgb)
        assert type(given) is torch.Tensor
        assert given.shape == (3, spec.output_size, spec.output_size)
        assert given.dtype == torch.float32
        if not spec.numbers:
            assert torch.equal(given, apply(spec, rgb, draw(spec, *rgb.shape[:2])))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_no_line_is_longer_than_a_screen_is_wide(spec):
    drawn = draw(spec, *PHOTOS[0].shape[:2], sample_rng(0, 0, 0))
    for text in (code(spec), code_of_draw(spec, drawn)):
        assert max(len(line) for line in text.splitlines()) <= 100
        assert text.endswith("\n")
        assert "\n\n\n\n" not in text


def test_a_picture_file_is_read_upright(tmp_path):
    spec = AugmentSpec(steps=(ResizeExact(size=8),))
    rgb = np.zeros((8, 8, 3), dtype=np.uint8)
    rgb[0] = 255
    turned = Image.fromarray(rgb)
    exif = turned.getexif()
    exif[0x0112] = 3  # upside down
    turned.save(tmp_path / "turned.png", exif=exif)
    read = run(code(spec))["read"](tmp_path / "turned.png")
    assert torch.equal(read[:, 7], torch.ones(3, 8))
    assert read[:, :7].sum() == 0


def test_what_is_transparent_in_a_file_becomes_white(tmp_path):
    rgba = np.full((8, 8, 4), 0, dtype=np.uint8)
    rgba[:4, :, 3] = 255  # the upper half is black, the lower can be seen through
    Image.fromarray(rgba).save(tmp_path / "half.png")
    values = run(code(AugmentSpec(steps=(ResizeExact(size=8),))))["read"](tmp_path / "half.png")
    assert values[:, :4].max() == 0
    assert values[:, 4:].min() == 1


def test_a_sample_refuses_a_picture_it_was_not_drawn_for():
    spec = PRESETS["imagenet_train"]
    drawn = draw(spec, 60, 50, sample_rng(0, 0, 0))
    sample = run(code_of_draw(spec, drawn))["sample"]
    with pytest.raises(ValueError, match="drawn for a picture of 50 x 60 pixels"):
        sample(np.zeros((50, 60, 3), np.uint8))


@pytest.mark.parametrize(
    "note", ['"""\nimport os', "a\\", "\\N{x}", 'ends with "', "{side}", "✓", "\0"]
)
def test_what_a_person_typed_cannot_break_the_code(note):
    spec = PRESETS["none_train"].model_copy(update={"name": note, "note": note})
    drawn = draw(spec, 20, 30)
    assert "os" not in run(code(spec))
    run(code_of_draw(spec, drawn))


# --- the chance of the exported classes -----------------------------------------------------------


def test_the_older_crop_is_drawn_as_here():
    """Means of 2,000 crops of either agree within five standard errors."""
    step, count, height, width = RandomResizedCrop(size=8, rule="uniform_swap"), 2_000, 300, 400
    names = run(code(AugmentSpec(steps=(step,))))
    names["random"].seed(3)
    transform = names["OlderRandomResizedCrop"](8, step.scale, step.ratio)
    picture = [torch.empty(3, height, width)]
    theirs = [transform.make_params(picture) for _ in range(count)]
    rows = sample_numbers(0, 0, range(count), step.numbers).tolist()
    mine = [draw_step(step, height, width, row).region for row in rows]
    a = np.array([[p["left"], p["top"], p["width"], p["height"]] for p in theirs], float)
    b = np.array(mine, float)
    error = np.sqrt((a.var(axis=0) + b.var(axis=0)) / count)
    assert np.all(np.abs(a.mean(axis=0) - b.mean(axis=0)) < 5 * error)


def test_the_random_shorter_side_has_both_ends():
    step = RandomShortSide(min=5, max=8)
    names = run(code(AugmentSpec(steps=(step, PadCrop(padding=0, size=5)))))
    transform = names["RandomShortSide"](5, 8)
    torch.manual_seed(0)
    drawn = {transform.make_params([])["side"] for _ in range(200)}
    rows = sample_numbers(0, 0, range(200), 1).tolist()
    assert drawn == {draw_step(step, 9, 9, row).values["side"] for row in rows} == {5, 6, 7, 8}


def test_exported_crops_reach_the_places_and_the_border_that_are_reached_here():
    spec = AugmentSpec(steps=(PadCrop(padding=1, size=3, fill=(7, 8, 9)),))
    rgb = np.arange(27, dtype=np.uint8).reshape(3, 3, 3) + 100
    pipeline = run(code(spec))["pipeline"]
    torch.manual_seed(0)
    theirs = {pipeline(rgb).numpy().tobytes() for _ in range(150)}
    mine = {
        apply(spec, rgb, draw(spec, 3, 3, sample_rng(0, 0, index))).numpy().tobytes()
        for index in range(150)
    }
    assert theirs == mine
    assert len(mine) == 9
