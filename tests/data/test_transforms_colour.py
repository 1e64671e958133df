from __future__ import annotations

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from resnet_studio.data.augment import AugmentSpec, CenterCrop, Resize, draw, sample_rng
from resnet_studio.data.colour_steps import (
    ColourJitter,
    PCAColour,
    RandAugment,
    RandomErasing,
    RandomGrayscale,
    TrivialAugment,
)
from resnet_studio.data.draws_colour import draw_colour_step
from resnet_studio.data.imaging import sample_pictures
from resnet_studio.data.policies import OPERATIONS, has_direction, has_magnitude
from resnet_studio.data.transforms_colour import apply_colour_step
from tests.data.fed_torchvision import fed


def photograph(height: int, width: int) -> np.ndarray:
    """A part of a real photograph."""
    rgb = sample_pictures()[0].rgb
    step = max(1, min(rgb.shape[0] // height, rgb.shape[1] // width))
    return np.ascontiguousarray(rgb[: height * step : step, : width * step : step])


RNG = np.random.default_rng(5)
PICTURES = {
    "photograph": photograph(96, 96),
    "wide photograph": photograph(60, 101),
    "noise": RNG.integers(0, 256, (33, 47, 3), dtype=np.uint8),
    "black": np.zeros((9, 8, 3), dtype=np.uint8),
    "one pixel": np.array([[[250, 3, 77]]], dtype=np.uint8),
    "one grey": np.full((5, 4, 3), 130, dtype=np.uint8),
}
every_picture = pytest.mark.parametrize("image", PICTURES.values(), ids=PICTURES)


def ours(step, image, numbers):
    drawn = draw_colour_step(step, *image.shape[:2], numbers)
    before = image.copy()
    result = apply_colour_step(step, image, drawn)
    assert result.flags.c_contiguous
    assert result.dtype == np.uint8
    assert np.array_equal(image, before)  # what came in is somebody else's
    return drawn, result


@every_picture
def test_a_colour_jitter_is_torchvisions_in_every_order(image, monkeypatch):
    step = ColourJitter(brightness=0.7, contrast=0.8, saturation=0.9, hue=0.4)
    theirs = v2.ColorJitter(0.7, 0.8, 0.9, 0.4)
    places = ["brightness", "contrast", "saturation", "hue"]
    for order in range(24):
        numbers = [*np.random.default_rng(order).random(4), (order + 0.5) / 24]
        drawn, result = ours(step, image, numbers)
        permuted = [places.index(name) for name in drawn.values["order"].split()]
        expected = fed(monkeypatch, theirs, image, numbers[:4], permuted)
        assert np.array_equal(result, expected), drawn.text


def test_what_has_no_strength_is_left_alone(monkeypatch):
    image, numbers = PICTURES["photograph"], [0.9, 0.1, 0.8, 0.2, 0.3]
    drawn, result = ours(ColourJitter(brightness=0, saturation=0, hue=0), image, numbers)
    assert drawn.values["order"] == "contrast"
    assert "hue" not in drawn.values
    assert np.array_equal(
        result, fed(monkeypatch, v2.ColorJitter(contrast=0.4), image, [0.1], [3, 1, 0, 2])
    )
    still = ColourJitter(brightness=0, contrast=0, saturation=0, hue=0)
    assert np.array_equal(ours(still, image, numbers)[1], image)


def test_the_number_of_threads_changes_no_pixel():
    """Of a picture of more pixels than single precision can add, and than one thread would get."""
    image = np.tile(photograph(150, 210), (2, 2, 1))
    each = [(ColourJitter(hue=0.4), [0.7, 0.1, 0.8, 0.2, place / 24]) for place in (0, 9, 21)]
    each += [(RandAugment(operations=1), [of_operation(at), 0.7]) for at in range(len(OPERATIONS))]
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            results.append([ours(step, image, numbers)[1] for step, numbers in each])
    finally:
        torch.set_num_threads(threads)
    for one, three in zip(*results, strict=True):
        assert np.array_equal(one, three)


@every_picture
def test_pca_colour_adds_the_colour_that_plain_arithmetic_gives(image):
    step = PCAColour(std=0.8)
    normal = np.array([0.4, -1.7, 2.2])  # the normal numbers of these uniform ones, from a table
    uniform = [0.6554217416103242, 0.04456546275854304, 0.9860965524865014]
    drawn, result = ours(step, image, uniform)
    vectors, values = np.array(step.eigenvectors), np.array(step.eigenvalues)
    colour = vectors @ (0.8 * normal * values)
    expected = np.clip(image / 255 + colour, 0, 1)
    assert np.abs(result / 255 - expected).max() <= 0.5 / 255 + 1e-9
    shown = [drawn.values[name] / 255 for name in ("red", "green", "blue")]
    assert shown == pytest.approx(colour, abs=1e-9)


def test_pca_colour_survives_the_number_nought():
    drawn, _ = ours(PCAColour(), PICTURES["noise"], [0.0, 0.5, 0.5])
    assert -1 < drawn.values["alpha_1"] < -0.8  # 8 to 9 deviations


@every_picture
def test_greyscale_is_torchvisions(image):
    _, result = ours(RandomGrayscale(p=0.5), image, [0.49])
    planes = torch.from_numpy(image.transpose(2, 0, 1).copy())
    expected = v2.functional.rgb_to_grayscale(planes, 3).permute(1, 2, 0).numpy()
    assert np.array_equal(result, expected)
    assert ours(RandomGrayscale(p=0.5), image, [0.5])[1] is image


@every_picture
def test_erasing_covers_what_torchvision_covers(image, monkeypatch):
    step = RandomErasing(p=1.0, scale=(0.02, 0.9), ratio=(0.2, 4.0), value="mean")
    theirs = v2.RandomErasing(1.0, (0.02, 0.9), (0.2, 4.0), value=list(step.mean_colour))
    monkeypatch.setattr(theirs, "p", 2.0)  # no number is drawn for whether to erase
    covered = 0
    for seed in range(30):
        numbers = np.random.default_rng(seed).random(step.numbers).tolist()
        drawn, result = ours(step, image, numbers)
        tried = numbers[1 : 1 + 2 * len(drawn.attempts)]
        expected = fed(monkeypatch, theirs, image, [*tried, *numbers[-3:-1]])
        assert np.array_equal(result, expected), drawn.text
        covered += drawn.values["erased"]
    assert covered > 20 or min(image.shape[:2]) < 10


def test_erasing_with_black_and_with_noise():
    image = PICTURES["photograph"]
    numbers = np.random.default_rng(1).random(RandomErasing.numbers).tolist()
    numbers[0] = 0.49
    drawn, black = ours(RandomErasing(), image, numbers)
    left, top, width, height = drawn.detail.region
    part = (slice(top, top + height), slice(left, left + width))
    assert not black[part].any()
    _, noisy = ours(RandomErasing(value="noise"), image, numbers)
    assert 100 < noisy[part].mean() < 155
    assert noisy[part].min() < 10
    assert noisy[part].max() > 245
    outside = np.ones(image.shape[:2], dtype=bool)
    outside[part] = False
    for result in (black, noisy):
        assert np.array_equal(result[outside], image[outside])
    assert np.array_equal(ours(RandomErasing(value="noise"), image, numbers)[1], noisy)
    numbers[-1] = 0.123
    assert not np.array_equal(ours(RandomErasing(value="noise"), image, numbers)[1], noisy)
    numbers[0] = 0.5
    assert ours(RandomErasing(), image, numbers)[1] is image


def of_operation(place: int) -> float:
    return (place + 0.5) / len(OPERATIONS)


@every_picture
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_every_operation_of_randaugment_is_torchvisions(image, interpolation, monkeypatch):
    step = RandAugment(magnitude=14, bins=31, interpolation=interpolation)
    theirs = v2.RandAugment(2, 14, 31, interpolation=v2.InterpolationMode(interpolation))
    for place, operation in enumerate(OPERATIONS):
        second = OPERATIONS[(place + 5) % len(OPERATIONS)]
        numbers = [of_operation(place), 0.3, of_operation(OPERATIONS.index(second)), 0.7]
        used = [numbers[0], *numbers[1:2] * has_direction(operation)]
        used += [numbers[2], *numbers[3:] * has_direction(second)]
        drawn, result = ours(step, image, numbers)
        assert np.array_equal(result, fed(monkeypatch, theirs, image, used)), drawn.text


@every_picture
@pytest.mark.parametrize("bins", [2, 31])
def test_trivialaugment_is_torchvisions_at_every_strength(image, bins, monkeypatch):
    step, theirs = TrivialAugment(bins=bins), v2.TrivialAugmentWide(bins)
    for place, operation in enumerate(OPERATIONS):
        for number in (0.0, 0.26, 0.5, 0.77, 0.999):
            numbers = [of_operation(place), number, 0.3]
            used = [numbers[0], *numbers[1:2] * has_magnitude(operation)]
            used += numbers[2:] * has_direction(operation)
            drawn, result = ours(step, image, numbers)
            assert np.array_equal(result, fed(monkeypatch, theirs, image, used)), drawn.text


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name in OPERATIONS[1:6]])
def test_a_moving_operation_says_where_its_pixels_come_from(operation):
    """A picture whose colours are its coordinates: where they come from can be read off."""
    height, width = 120, 100
    down, across = np.mgrid[0:height, 0:width]
    image = np.stack((across, down, np.full_like(down, 255)), axis=2).astype(np.uint8)
    numbers = [of_operation(OPERATIONS.index(operation)), 0.7, of_operation(0), 0.0]
    drawn, result = ours(RandAugment(magnitude=20), image, numbers)
    a, b, c, d, e, f = drawn.affine
    inside = result[..., 2] == 255
    assert 0.5 < inside.mean() < 1
    x, y = across + 0.5, down + 0.5
    for found, expected in (
        (result[..., 0], a * x + b * y + c),
        (result[..., 1], d * x + e * y + f),
    ):
        assert np.abs(found + 0.5 - expected)[inside].max() <= 0.501


def test_two_moving_operations_come_one_after_the_other():
    numbers = [of_operation(5), 0.3, of_operation(3), 0.7]  # turn, then shift
    step = RandAugment(magnitude=30)
    both = draw_colour_step(step, 80, 100, numbers).affine
    first, second = (
        draw_colour_step(step, 80, 100, [*numbers[at : at + 2], of_operation(0), 0]).affine
        for at in (0, 2)
    )
    to = lambda m, p: (m[0] * p[0] + m[1] * p[1] + m[2], m[3] * p[0] + m[4] * p[1] + m[5])  # noqa: E731
    for point in ((0.0, 0.0), (100.0, 0.0), (31.0, 77.0)):
        assert to(both, point) == pytest.approx(to(first, to(second, point)))


def test_read_only_and_strided_pictures_give_the_same_pixels():
    image = PICTURES["wide photograph"].copy()
    spec = AugmentSpec(
        steps=(
            *(ColourJitter(), PCAColour(), RandomGrayscale(p=1), RandomErasing(p=1)),
            *(RandAugment(), TrivialAugment(), Resize(size=40), CenterCrop(size=40)),
        )
    )
    twice = np.repeat(np.repeat(image, 2, axis=0), 2, axis=1)[::2, ::2]
    image.flags.writeable = False
    drawn = draw(spec, *image.shape[:2], sample_rng(3, 1, 4)).steps
    for step, step_draw in list(zip(spec.steps, drawn, strict=True))[:6]:
        results = [apply_colour_step(step, each, step_draw) for each in (image, twice)]
        assert np.array_equal(*results), step.title
