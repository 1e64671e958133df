from __future__ import annotations

import pytest

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.colour_steps import (
    ColourJitter,
    PCAColour,
    RandAugment,
    RandomErasing,
    RandomGrayscale,
    TrivialAugment,
)
from resnet_studio.errors import SpecError

RESIZE = {"kind": "resize_exact", "size": 8}
STEPS = (
    ColourJitter(brightness=0.1, hue=0.5),
    PCAColour(std=0.2),
    RandomGrayscale(p=0.3),
    RandomErasing(value="noise", scale=(0.1, 0.2)),
    RandAugment(operations=3, magnitude=4, interpolation="bilinear"),
    TrivialAugment(bins=11),
)


def test_every_colour_step_survives_json():
    spec = AugmentSpec(steps=(*STEPS, *AugmentSpec.from_dict({"steps": [RESIZE]}).steps))
    assert AugmentSpec.from_json(spec.to_json()) == spec
    assert spec.output_size == 8


@pytest.mark.parametrize(
    ("step", "field", "words"),
    [
        ({"kind": "colour_jitter", "hue": 0.6}, "steps.1.hue", "hue is 0.6; it must be 0.5 or"),
        ({"kind": "colour_jitter", "contrast": -1}, "steps.1.contrast", "must be 0 or more"),
        ({"kind": "pca_colour", "eigenvalues": [1, -1, 0]}, "steps.1.eigenvalues", "0 and 10"),
        ({"kind": "random_grayscale", "p": 1.1}, "steps.1.p", "must be 1 or less"),
        ({"kind": "random_erasing", "scale": [0.5, 0.2]}, "steps.1.scale", "from 0.5 to 0.2"),
        ({"kind": "random_erasing", "ratio": [0, 3]}, "steps.1.ratio", "at least 0.01"),
        ({"kind": "random_erasing", "value": "white"}, "steps.1.value", "'white'"),
        ({"kind": "rand_augment", "magnitude": 31}, "steps.1", "it can be 30 at most"),
        ({"kind": "rand_augment", "operations": 11}, "steps.1.operations", "10 or less"),
        ({"kind": "trivial_augment", "bins": 1}, "steps.1.bins", "must be 2 or more"),
    ],
)
def test_what_cannot_be_is_refused_in_words(step, field, words):
    with pytest.raises(SpecError, match="Step 2") as caught:
        AugmentSpec.from_dict({"steps": [RESIZE, step]})
    assert caught.value.field == field
    assert words in caught.value.message


def test_every_number_of_a_form_has_bounds_and_a_description():
    for step in STEPS:
        for name, field in type(step).model_fields.items():
            if name == "kind":
                continue
            assert (field.description or "").endswith("."), name
            if field.annotation in (int, float):
                assert len(field.json_schema_extra["soft"]) == 2, name
                assert any(hasattr(rule, "le") for rule in field.metadata), name
