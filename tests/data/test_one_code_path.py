"""What the lab shows for (seed, epoch, index) is what training reads: every step, on every path."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from resnet_studio.data.augment import PRESETS, AugmentSpec, draw, sample_numbers, sample_rng
from resnet_studio.data.batches import PictureCache, batches
from resnet_studio.data.dataset import ArrayDataset, FileDataset, Subset
from resnet_studio.data.draws import draw_step
from resnet_studio.data.imaging import picture_from_array, sample_pictures
from resnet_studio.data.making import Making
from resnet_studio.data.on_device import apply_on_device
from resnet_studio.data.preview import preview_sample, stages
from resnet_studio.data.transforms import (
    apply,
    apply_batch,
    apply_step,
    apply_steps,
    normalise,
    works_on_batches,
)
from tests.data.step_cases import STEPS, Reading, equal_photographs, kinds, photographs, pipelines

SEED, EPOCH = 7, 2
COUNT = len(photographs())
LABELS = np.arange(COUNT, dtype=np.int64) % 2
SPECS = [spec for name in STEPS for spec in pipelines(name)]
WHOLE = [spec for spec in SPECS if spec.pixel_steps[2:] and works_on_batches(spec.pixel_steps[2:])]


def of_files():
    keys = tuple(str(number) for number in range(COUNT))
    return FileDataset("photographs", ("temple", "flower"), keys, LABELS, Reading())


def in_memory():
    return ArrayDataset("squares", ("temple", "flower"), equal_photographs(), LABELS)


FILES, MEMORY = of_files(), in_memory()


def shown(dataset, spec: AugmentSpec) -> list[torch.Tensor]:
    """What the lab shows of each picture, as the network would read it."""
    result = []
    for index in range(COUNT):
        picture = picture_from_array(dataset.picture(index))
        sample = preview_sample(spec, picture, seed=SEED, epoch=EPOCH, index=index)
        result.append(normalise(spec, torch.from_numpy(sample.image).permute(2, 0, 1)))
    return result


def fed(dataset, spec: AugmentSpec, **changes) -> list[torch.Tensor]:
    """What training reads of each picture, in the order of their indices."""
    settings = {"batch_size": 4, "seed": SEED, "epoch": EPOCH, "shuffle": True} | changes
    subset = Subset(dataset, np.arange(COUNT, dtype=np.int64))
    images: dict[int, torch.Tensor] = {}
    for batch in batches(subset, spec, **settings):
        images |= dict(zip(batch.indices.tolist(), batch.images, strict=True))
    assert len(images) == COUNT
    return [images[index] for index in range(COUNT)]


def assert_same(some, others):
    assert len(some) == len(others) == COUNT
    for one, other in zip(some, others, strict=True):
        assert torch.equal(one, other)


def test_every_kind_of_step_has_a_case():
    assert {step.kind for step in STEPS.values()} == kinds()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_what_is_shown_is_what_is_made_alone_by_threads_and_from_memory(spec):
    wanted = shown(FILES, spec)
    alone = []
    for index in range(COUNT):
        picture = picture_from_array(FILES.picture(index))
        drawn = draw(spec, picture.height, picture.width, sample_rng(SEED, EPOCH, index))
        alone.append(apply(spec, picture.rgb, drawn))
        last = torch.from_numpy(stages(spec, picture, drawn)[-1].image).permute(2, 0, 1)
        assert torch.equal(normalise(spec, last), alone[-1])
    assert_same(alone, wanted)
    assert_same(fed(FILES, spec, batch_size=1, workers=1), wanted)
    cache = PictureCache()
    for _ in range(2):  # decoded by threads, and then kept in memory
        assert_same(fed(FILES, spec, workers=3, cache=cache), wanted)
    assert_same(fed(MEMORY, spec), shown(MEMORY, spec))


@pytest.mark.parametrize("name", STEPS)
def test_every_step_changes_some_picture_or_the_comparison_would_mean_little(name):
    spec, step = pipelines(name)[0], STEPS[name]
    if step in (spec.ending, *spec.steps[:2]):
        return  # its effect is in the size and the numbers
    place = spec.steps.index(step)
    changed = 0
    for index, rgb in enumerate(photographs()):
        drawn = draw(spec, *rgb.shape[:2], sample_rng(SEED, EPOCH, index))
        before = apply_steps(spec.steps[:place], rgb, drawn.steps[:place])
        after = apply_steps(spec.steps[: place + 1], rgb, drawn.steps[: place + 1])
        changed += before.shape != after.shape or not np.array_equal(before, after)
    assert changed >= 2


@pytest.mark.parametrize("spec", WHOLE, ids=lambda spec: spec.name)
def test_whole_batches_here_and_on_a_device_are_what_is_shown(spec):
    making = Making.of(spec, FILES)
    assert making.whole
    rows = sample_numbers(SEED, EPOCH, range(COUNT), spec.numbers)
    images = []
    for index in range(COUNT):
        rgb = FILES.picture(index)
        drawn = draw(spec, *rgb.shape[:2], sample_rng(SEED, EPOCH, index))
        images.append(apply_steps(making.fixed, rgb, drawn.steps[: len(making.fixed)]))
    stacked, places = np.stack(images), np.arange(COUNT)
    together = torch.from_numpy(apply_batch(making.chance, stacked, rows))
    there = apply_on_device(making.chance, torch.from_numpy(stacked), places, rows)
    for result in (together, there):
        assert_same(
            [normalise(spec, image.permute(2, 0, 1)) for image in result], shown(FILES, spec)
        )


def test_the_whole_batch_cases_are_all_steps_that_work_on_batches():
    assert {spec.steps[2].kind for spec in WHOLE} == {
        "pad_crop",
        "horizontal_flip",
        "vertical_flip",
    }


@pytest.fixture
def threads():
    """Sets how many threads torch uses, and back in the end."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def test_no_bit_of_a_large_picture_depends_on_how_many_threads_torch_uses(threads):
    """The preview has all cores, a loader's worker one."""
    rgb = sample_pictures()[0].rgb
    large = [step for step in STEPS.values() if step.kind not in ("normalise", "per_pixel_mean")]
    results = []
    for count in (1, 4):
        threads(count)
        rows = [
            sample_numbers(SEED, EPOCH, [index], step.numbers)[0].tolist()
            for index, step in enumerate(large)
        ]
        drawn = [draw_step(s, *rgb.shape[:2], row) for s, row in zip(large, rows, strict=True)]
        results.append([apply_step(s, rgb, d) for s, d in zip(large, drawn, strict=True)])
    assert all(np.array_equal(one, four) for one, four in zip(*results, strict=True))


@pytest.mark.slow
def test_processes_feed_what_is_shown_for_every_step_and_preset():
    with PictureCache(limit_bytes=0, processes=2) as cache:
        for spec in (*SPECS, *PRESETS.values()):
            assert_same(fed(FILES, spec, cache=cache), shown(FILES, spec))
