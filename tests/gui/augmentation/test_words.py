"""The words and the story, against the draws they tell of."""

from __future__ import annotations

import pytest

from resnet_studio.data.augment import (
    PRESETS,
    Attempt,
    AugmentSpec,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    draw,
    sample_rng,
)
from resnet_studio.data.augment_steps import RandomRotation, RandomShortSide, VerticalFlip
from resnet_studio.data.colour_steps import (
    ColourJitter,
    RandomErasing,
    RandomGrayscale,
    TrivialAugment,
)
from resnet_studio.gui.augmentation.pipelines import step_lines, step_title
from resnet_studio.gui.augmentation.story import refusal, story
from resnet_studio.gui.augmentation.words import (
    caption,
    facts,
    longest_caption,
    percent,
    stretch_text,
    summary,
)
from resnet_studio.gui.theme import LIGHT


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (1, "100 %"),
        (0.374, "37 %"),
        (0.0994, "9.9 %"),
        (0.0996, "10 %"),
        (0.08, "8 %"),
        (0.00049, "< 0.1 %"),
        (0, "0 %"),
    ],
)
def test_percent_keeps_two_digits(fraction, text):
    assert percent(fraction) == text


def test_stretch_says_in_which_direction():
    assert stretch_text(1.21) == "×1.21 wider"
    assert stretch_text(1 / 1.21) == "×1.21 taller"
    assert stretch_text(1.005) == ""


def test_a_caption_tells_what_the_draw_did():
    spec = PRESETS["imagenet_train"]
    for index in range(60):
        drawn = draw(spec, 427, 640, sample_rng(1, 0, index))
        words = caption(drawn)
        assert words[0] == f"kept {percent(drawn.kept_fraction)}"
        assert ("flipped" in words) == drawn.flipped
        assert any("wider" in word for word in words) == (drawn.distortion >= 1.03)
        assert any("taller" in word for word in words) == (drawn.distortion <= 1 / 1.03)


@pytest.mark.parametrize("name", ["imagenet_train", "cifar_train", "digits_train"])
def test_no_caption_has_more_parts_than_the_longest(name):
    spec = PRESETS[name]
    side = spec.output_size
    for index in range(60):
        drawn = draw(spec, side, side, sample_rng(1, 0, index))
        assert len(caption(drawn)) <= len(longest_caption(spec))


def test_what_is_turned_covered_or_coloured_stands_in_the_caption():
    steps = (
        RandomResizedCrop(size=32),
        RandomRotation(degrees=40),
        VerticalFlip(p=1),
        ColourJitter(),
        RandomGrayscale(p=1),
        RandomErasing(p=1),
        TrivialAugment(),
    )
    spec = AugmentSpec(steps=steps)
    for index in range(20):
        drawn = draw(spec, 60, 90, sample_rng(0, 0, index))
        words = caption(drawn)
        angle = drawn.steps[1].values["angle"]
        turned = f"turned {abs(angle):.0f}° {'↻' if angle < 0 else '↺'}"
        assert turned in words
        jitter = drawn.steps[3].values
        assert f"b×{jitter['brightness']:.2f} c×{jitter['contrast']:.2f}" in words
        assert {"upside down", "grey"} <= set(words)
        assert f"covered {percent(drawn.steps[5].values['area_fraction'])}" in words
        assert (drawn.steps[6].text in words) == (drawn.steps[6].text != "left as it is")
        assert len(words) <= len(longest_caption(spec)) + 1
        assert turned.capitalize() in facts(drawn)


def test_the_story_tells_every_kind_of_step_with_its_number():
    steps = (
        RandomShortSide(min=40, max=60),
        RandomResizedCrop(size=32),
        RandomRotation(degrees=40),
        VerticalFlip(),
        RandomGrayscale(),
        RandomErasing(p=1),
        ColourJitter(),
    )
    spec = AugmentSpec(steps=steps)
    drawn = draw(spec, 60, 90, sample_rng(0, 0, 3))
    text = story(spec, drawn, LIGHT).replace("\u00a0", " ")
    for place in (0, 2, 3, 4, 5):
        assert f"{drawn.steps[place].values['number']:.3f}" in text
    assert f"shorter side of {drawn.steps[0].values['side']} (from 40 to 60)" in text
    assert drawn.steps[6].text[1:] in text


def test_the_summary_of_one_sample_has_no_extremes():
    drawn = draw(PRESETS["imagenet_val"], 427, 640)
    assert summary([drawn]) == f"Kept area: {percent(drawn.kept_fraction)}"
    assert summary([]) == ""


def test_the_facts_name_border_and_flip():
    spec = AugmentSpec(steps=(PadCrop(padding=4, size=32),))
    drawn = draw(spec, 32, 32, sample_rng(3, 0, 0))
    text = "\n".join(facts(drawn))
    assert f"Border: {percent(drawn.padded_fraction)}" in text
    assert "Not flipped" in text
    assert "Not stretched" in text


def test_refusals_name_the_side_that_is_too_long():
    wide = Attempt(0.9, 1.3, False, 700, 300, False)
    tall = Attempt(0.9, 0.7, False, 300, 700, False)
    nothing = Attempt(0.1, 0.7, False, 0, 3, False)
    assert refusal(wide, (427, 640)) == "refused: W > 640"
    assert refusal(tall, (427, 640)) == "refused: H > 427"
    assert refusal(nothing, (427, 640)) == "refused: no pixel"
    assert refusal(Attempt(0.1, 1, False, 9, 9, True), (427, 640)) == ""


def test_the_story_of_a_fallback_says_what_is_taken_instead():
    present = AugmentSpec(steps=(RandomResizedCrop(),))
    older = AugmentSpec(steps=(RandomResizedCrop(rule="uniform_swap"),))
    for spec, size, word in ((present, "80", "allowed ratio"), (older, "60", "central square")):
        drawn = draw(spec, 60, 3000, sample_rng(0, 0, 0))
        text = story(spec, drawn, LIGHT).replace("\u00a0", " ")
        assert text.count("<tr>") == 11  # heading and ten attempts
        assert "accepted" not in text
        assert word in text
        assert f"{size} × 60" in text


def test_the_story_has_a_part_for_each_step():
    for spec in PRESETS.values():
        drawn = draw(spec, 120, 160, sample_rng(0, 0, 0))
        text = story(spec, drawn, LIGHT)
        for number, step in enumerate(spec.steps, start=1):
            assert f"<b>{number}. {step_title(step)}</b>" in text


def test_the_numbers_of_a_step_are_written_out():
    assert step_lines(RandomResizedCrop()) == (
        "area 8 % to 100 %",
        "ratio 0.75 to 1.33, to 224 × 224 px",
    )
    assert "swapped" in step_lines(RandomResizedCrop(rule="uniform_swap"))[1]
    assert step_lines(PadCrop()) == ("black border 4 px", "32 × 32 px at random")
    statistics = Normalise(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    assert step_lines(statistics) == ("mean 0.485 0.456 0.406", "std 0.229 0.224 0.225")
