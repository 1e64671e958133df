"""Exact and near duplicates, within and across the sides of a data set."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from sklearn.datasets import load_sample_images

from resnet_studio.data import near_hashes
from resnet_studio.data.dataset import ArrayDataset, DataSplit, Subset
from resnet_studio.data.duplicates import Duplicates, find_duplicates, fingerprints
from resnet_studio.data.near_hashes import MIRROR, close_pairs, near_hash
from resnet_studio.errors import Cancelled
from tests.data.test_measure import result_of

SIDE = 96


def parts(count: int) -> np.ndarray:
    """(count, 96, 96, 3) different parts of real photographs."""
    rng = np.random.default_rng(1)
    images = load_sample_images().images
    found = []
    for number in range(count):
        image = images[number % 2]
        top, left = rng.integers(0, 427 - SIDE), rng.integers(0, 640 - SIDE)
        found.append(image[top : top + SIDE, left : left + SIDE])
    return np.stack(found)


def stored_as_jpeg(picture: np.ndarray, quality: int = 60) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def divided(train: np.ndarray, validation: np.ndarray, labels=None) -> DataSplit:
    images = np.concatenate([train, validation])
    labels = np.zeros(len(images), np.int64) if labels is None else np.array(labels)
    dataset = ArrayDataset("parts", ("a", "b"), images, labels)
    here = np.arange(len(train))
    return DataSplit(
        "parts", Subset(dataset, here), Subset(dataset, np.arange(len(here), len(images)))
    )


def found_in(split: DataSplit, **options) -> Duplicates:
    return find_duplicates(result_of(fingerprints(split, threads=2)), **options)


def places(group) -> set[tuple[str, int]]:
    return {(member.side, member.position) for member in group.members}


def test_the_same_pixels_are_exact_duplicates_and_nothing_else_is():
    pictures = parts(40)
    pictures[7] = pictures[3]
    almost = pictures[5].copy()
    almost[0, 0, 0] ^= 1
    labels = [0] * 42
    labels[40] = 1
    found = found_in(divided(pictures, np.stack([pictures[3], almost]), labels), near=False)
    (group,) = found.exact
    assert places(group) == {("train", 3), ("train", 7), ("validation", 0)}
    assert group.across
    assert group.mixed
    assert group.members[-1].file == "parts picture 40"
    assert found.near == ()
    assert found.leaked() == 1
    assert found.pictures == 42


def test_stored_again_resized_and_brightened_pictures_are_near_duplicates():
    pictures = parts(60)
    image = Image.fromarray(pictures[22])
    smaller = image.resize((61, 61), Image.Resampling.BICUBIC).resize((SIDE, SIDE))
    brighter = ImageEnhance.Brightness(Image.fromarray(pictures[30])).enhance(1.15)
    changed = np.stack([stored_as_jpeg(pictures[10]), np.array(smaller), np.array(brighter)])
    found = found_in(divided(pictures, changed))
    assert found.exact == ()
    assert sorted(map(sorted, map(places, found.near))) == [
        [("train", 10), ("validation", 0)],
        [("train", 22), ("validation", 1)],
        [("train", 30), ("validation", 2)],
    ]
    assert all(0 <= group.distance <= 4 for group in found.near)
    assert found.leaked() == 3
    assert found.leaked("train", "validation") == 3


def test_mirrored_pictures_are_found_when_asked_for():
    pictures = parts(30)
    split = divided(pictures, stored_as_jpeg(pictures[4][:, ::-1], 95)[None])
    assert found_in(split).near == ()
    (group,) = found_in(split, flips=True).near
    assert places(group) == {("train", 4), ("validation", 0)}
    assert group.mirrored
    plain, flat = near_hash(pictures[4])
    assert not flat
    mirrored, _ = near_hash(pictures[4][:, ::-1])
    assert (plain ^ mirrored ^ int(MIRROR)).bit_count() <= 1


def test_flat_pictures_are_alike_only_if_they_are_the_same():
    flat = np.repeat(np.array([10, 10, 200], np.uint8), SIDE * SIDE)
    flat = flat.reshape(3, SIDE, SIDE, 1).repeat(3, axis=3)
    found = found_in(divided(flat, parts(2)))
    assert [places(group) for group in found.exact] == [{("train", 0), ("train", 1)}]
    assert found.near == ()


def test_exact_ones_stay_together_in_a_near_group():
    pictures = parts(20)
    pictures[2] = pictures[10]
    found = found_in(divided(pictures, stored_as_jpeg(pictures[10])[None]))
    assert places(found.exact[0]) == {("train", 2), ("train", 10)}
    assert places(found.near[0]) == {("train", 2), ("train", 10), ("validation", 0)}


@pytest.mark.parametrize("threshold", [0, 3, 4, 8, 11])
def test_the_search_finds_every_close_pair_once(threshold):
    rng = np.random.default_rng(threshold)
    hashes = rng.integers(0, 2**64, 600, dtype=np.uint64)
    for number in range(300):  # neighbours at every distance up to beyond the threshold
        flipped = rng.choice(64, size=number % 16, replace=False)
        mask = sum(1 << int(bit) for bit in flipped)
        hashes[300 + number] = hashes[number] ^ np.uint64(mask)
    found = close_pairs(hashes, hashes, threshold)
    apart = np.bitwise_count(hashes[:, None] ^ hashes)
    first, second = np.nonzero(np.triu(apart <= threshold, 1))
    assert sorted(zip(found.first, found.second, strict=True)) == list(
        zip(first, second, strict=True)
    )
    assert np.array_equal(found.distance, apart[found.first, found.second])


def test_pictures_that_are_all_much_alike_are_compared_a_part_at_a_time(monkeypatch):
    rng = np.random.default_rng(0)
    hashes = np.unique(rng.integers(0, 2**9, 400, dtype=np.uint64))  # three blocks are the same
    at_once = close_pairs(hashes, hashes, 2)
    monkeypatch.setattr(near_hashes, "_CANDIDATES", 1000)
    largest = []
    count = np.bitwise_count
    monkeypatch.setattr(np, "bitwise_count", lambda bits: largest.append(len(bits)) or count(bits))
    in_parts = close_pairs(hashes, hashes, 2)
    assert max(largest[:-1]) <= 1000
    assert len(in_parts.first) > 1000
    for name in ("first", "second", "distance"):
        assert np.array_equal(getattr(in_parts, name), getattr(at_once, name))


def test_the_search_ends_when_its_listener_wants_that():
    def stop(_progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        find_duplicates(result_of(fingerprints(divided(parts(4), parts(4)))), progress=stop)
    with pytest.raises(ValueError, match="0 to 11"):
        found_in(divided(parts(2), parts(2)), threshold=12)
