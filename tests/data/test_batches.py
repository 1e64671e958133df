from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from resnet_studio.data.augment import PRESETS, AugmentSpec, HorizontalFlip, PadCrop, pipelines_for
from resnet_studio.data.batches import Batch, PictureCache, batches, steps_per_epoch
from resnet_studio.data.dataset import ArrayDataset, FileDataset, Subset
from resnet_studio.data.imaging import UnreadablePictureError, picture_from_array, sample_pictures
from resnet_studio.data.preview import preview_sample
from resnet_studio.data.transforms import apply, normalise
from resnet_studio.errors import DataError

PHOTOS = sample_pictures()
SEED, EPOCH = 11, 3
USUAL = [
    f"{style}_{part}" for style in ("imagenet", "cifar", "digits") for part in ("train", "val")
]


def digits(count=100):
    bunch = load_digits()
    grey = (bunch.images[:count] * 255 / 16).round().astype(np.uint8)
    names = tuple(str(name) for name in range(10))
    return ArrayDataset(
        "digits", names, np.repeat(grey[..., None], 3, axis=-1), bunch.target[:count].astype(int)
    )


def photos(count, *, read=None):
    """The two sample photographs, in turns, read as from files."""
    return FileDataset(
        "photos",
        ("temple", "flower"),
        tuple(f"{index}.jpg" for index in range(count)),
        np.arange(count, dtype=np.int64) % 2,
        read or (lambda name: PHOTOS[int(name.split(".")[0]) % 2].rgb),
    )


def broken_at(*broken):
    """Reads small pictures, each of one level, but for the broken ones."""

    def read(name):
        index = int(name.split(".")[0])
        if index in broken:
            raise UnreadablePictureError(name, "it is cut off", remedy="Copy it again.")
        return np.full((40, 50, 3), index, dtype=np.uint8)

    return read


def whole(dataset):
    return Subset(dataset, np.arange(len(dataset), dtype=np.int64))


def epoch(dataset, spec, **changes):
    subset = dataset if isinstance(dataset, Subset) else whole(dataset)
    settings = {"batch_size": 16, "seed": SEED, "epoch": EPOCH, "shuffle": True} | changes
    return list(batches(subset, spec, **settings))


def same(one: list[Batch], other: list[Batch]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a.images, b.images)
        and torch.equal(a.labels, b.labels)
        and np.array_equal(a.indices, b.indices)
        and a.number == b.number
        for a, b in zip(one, other, strict=True)
    )


# --- one code path --------------------------------------------------------------------------------


# Every step on every path: test_one_code_path.py.
@pytest.mark.parametrize(
    "spec",
    [*(PRESETS[name] for name in USUAL), *pipelines_for(96)],
    ids=lambda spec: spec.name,
)
@pytest.mark.parametrize("dataset", [digits(40), photos(9)], ids=lambda dataset: dataset.name)
def test_training_reads_bit_for_bit_what_the_preview_shows(dataset, spec):
    cache = PictureCache()
    for _ in range(2):  # decoded, and then from memory
        seen = 0
        for batch in epoch(dataset, spec, batch_size=4, cache=cache):
            for image, index in zip(batch.images, batch.indices.tolist(), strict=True):
                picture = picture_from_array(dataset.picture(index))
                sample = preview_sample(spec, picture, seed=SEED, epoch=EPOCH, index=index)
                shown = torch.from_numpy(sample.image).permute(2, 0, 1)
                assert torch.equal(image, normalise(spec, shown))
                assert torch.equal(image, apply(spec, picture.rgb, sample.draw))
                seen += 1
        assert seen == len(dataset)


@pytest.mark.parametrize("name", ["cifar_train", "imagenet_train"])
def test_a_picture_that_comes_again_in_an_epoch_is_another_sample_and_the_first_is_previewed(name):
    bunch, spec = digits(40), PRESETS[name]
    one_three = np.flatnonzero(bunch.labels == 3)[:1]
    used = np.concatenate([np.flatnonzero(bunch.labels != 3), one_three])
    two = ArrayDataset("two", ("other", "three"), bunch.images, (bunch.labels == 3).astype(int))
    subset = Subset(two, used.astype(np.int64))
    given = epoch(subset, spec, balanced=True, batch_size=6)
    assert len(given) == steps_per_epoch(len(subset), 6)
    seen: dict[int, list[torch.Tensor]] = {}
    for batch in given:
        for image, index in zip(batch.images, batch.indices.tolist(), strict=True):
            seen.setdefault(index, []).append(image)
    visits = seen[int(one_three[0])]
    assert len(visits) in (len(used) // 2, len(used) // 2 + 1)
    assert len({image.numpy().tobytes() for image in visits}) > 10
    for index, images in seen.items():
        picture = picture_from_array(two.picture(index))
        sample = preview_sample(spec, picture, seed=SEED, epoch=EPOCH, index=index)
        shown = normalise(spec, torch.from_numpy(sample.image).permute(2, 0, 1))
        assert any(torch.equal(shown, image) for image in images)
    rest = epoch(subset, spec, balanced=True, batch_size=6, start=2, cache=PictureCache())
    assert same(rest, given[2:])


@pytest.mark.parametrize("name", ["digits_train", "cifar_train", "imagenet_train"])
def test_batch_size_threads_and_memory_change_no_bit(name):
    spec = PRESETS[name]
    dataset = digits(50)
    alone = {
        int(batch.indices[0]): batch.images[0]
        for batch in epoch(dataset, spec, batch_size=1, workers=1)
    }
    assert len(alone) == 50
    for changes in (
        {"batch_size": 7, "workers": 1},
        {"batch_size": 50, "workers": 5},
        {"batch_size": 16, "cache": PictureCache()},
        {"batch_size": 16, "cache": PictureCache(limit_bytes=20 * 3072)},
        {"batch_size": 16, "shuffle": False},
    ):
        for batch in epoch(dataset, spec, **changes):
            for image, index in zip(batch.images, batch.indices.tolist(), strict=True):
                assert torch.equal(image, alone[index])


def test_equal_pictures_without_fixed_steps_take_the_whole_batch_path_with_the_same_bits():
    spec = AugmentSpec(steps=(PadCrop(padding=1, size=8), HorizontalFlip()))
    dataset = digits(30)
    in_files = FileDataset(
        "files",
        dataset.classes,
        tuple(str(index) for index in range(30)),
        dataset.labels,
        lambda name: dataset.picture(int(name)),
    )
    assert same(epoch(dataset, spec), epoch(in_files, spec))


def test_a_subset_uses_the_indices_of_the_whole_data_set():
    dataset = digits(60)
    chosen = np.array([50, 3, 41, 7], dtype=np.int64)
    [batch] = epoch(Subset(dataset, chosen), PRESETS["digits_train"], shuffle=False)
    assert batch.indices.tolist() == chosen.tolist()
    assert batch.labels.tolist() == dataset.labels[chosen].tolist()
    everything = epoch(dataset, PRESETS["digits_train"], shuffle=False, batch_size=60)[0]
    assert torch.equal(batch.images, everything.images[chosen])


def test_images_are_what_a_network_reads():
    batch = epoch(digits(), PRESETS["cifar_train"])[0]
    assert batch.images.shape == (16, 3, 32, 32)
    assert batch.images.dtype == torch.float32
    assert batch.images.is_contiguous(memory_format=torch.channels_last)
    assert batch.labels.dtype == torch.int64
    assert batch.images.device == batch.labels.device == torch.device("cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", ["digits_train", "cifar_train", "imagenet_train", "cifar_val"])
@pytest.mark.parametrize("device_bytes", [0, 1 << 30])
def test_batches_on_a_gpu_have_the_same_bits(name, device_bytes):
    cache, dataset = PictureCache(device_bytes=device_bytes), digits()
    for number in range(2):  # decoded, and then from where they are kept
        there = epoch(dataset, PRESETS[name], device="cuda", epoch=number, cache=cache)
        here = epoch(dataset, PRESETS[name], epoch=number)
        for a, b in zip(there, here, strict=True):
            assert a.images.is_cuda
            assert a.images.is_contiguous(memory_format=torch.channels_last)
            assert torch.equal(a.images.cpu(), b.images)
            assert torch.equal(a.labels.cpu(), b.labels)


# --- order and resuming ---------------------------------------------------------------------------


def order(dataset, **changes):
    return [i for batch in epoch(dataset, PRESETS["digits_val"], **changes) for i in batch.indices]


def test_order_follows_from_seed_and_epoch_alone():
    dataset = digits(70)
    first = order(dataset)
    assert sorted(first) == list(range(70))
    assert first == order(dataset)
    assert first == order(dataset, batch_size=9, workers=3)
    assert first != order(dataset, seed=SEED + 1)
    assert first != order(dataset, epoch=EPOCH + 1)
    assert order(dataset, shuffle=False) == list(range(70))


@pytest.mark.parametrize("name", ["digits_train", "imagenet_train"])
def test_an_interrupted_epoch_goes_on_exactly_where_it_was_left(name):
    dataset, spec = digits(75), PRESETS[name]
    uninterrupted = epoch(dataset, spec)
    assert [batch.number for batch in uninterrupted] == list(range(5))
    for left_at in range(5):
        rest = epoch(dataset, spec, start=uninterrupted[left_at].number + 1)
        assert same(rest, uninterrupted[left_at + 1 :])


def test_batches_left_out_are_not_read():
    read = []

    def remember(name):
        read.append(int(name.split(".")[0]))
        return PHOTOS[0].rgb

    spec = PRESETS["cifar_val"]
    epoch(photos(12, read=remember), spec, batch_size=4, shuffle=False, start=2)
    assert sorted(read) == [8, 9, 10, 11]


# --- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "batch_size", "sizes"),
    [
        (10, 5, [5, 5]),
        (12, 5, [5, 5, 2]),
        (11, 5, [5, 6]),  # one left over would break batch normalisation
        (3, 5, [3]),
        (1, 5, [1]),
        (3, 1, [1, 1, 1]),
        (0, 5, []),
    ],
)
@pytest.mark.parametrize("shuffle", [True, False])
def test_the_last_batch_holds_the_rest_and_never_one_picture(count, batch_size, sizes, shuffle):
    given = epoch(digits(count), PRESETS["digits_val"], batch_size=batch_size, shuffle=shuffle)
    assert [len(batch.images) for batch in given] == sizes
    assert steps_per_epoch(count, batch_size) == len(sizes)


def test_the_last_batch_can_be_left_out_if_it_is_not_full():
    for count, sizes in ((12, [5, 5]), (11, [5, 5]), (10, [5, 5]), (4, [])):
        given = epoch(digits(count), PRESETS["digits_val"], batch_size=5, drop_last=True)
        assert [len(batch.images) for batch in given] == sizes
        assert steps_per_epoch(count, 5, drop_last=True) == len(sizes)


# --- broken pictures ------------------------------------------------------------------------------


def test_broken_pictures_are_left_out_and_reported_and_labels_still_fit():
    problems = []
    dataset = photos(10, read=broken_at(2, 5))
    given = epoch(
        dataset, PRESETS["cifar_val"], batch_size=4, shuffle=False, skipped=problems.append
    )
    assert [batch.indices.tolist() for batch in given] == [[0, 1, 3], [4, 6, 7], [8, 9]]
    for batch in given:
        assert batch.labels.tolist() == [index % 2 for index in batch.indices]
        level = (batch.images[:, 0, 0, 0] * 0.2470 + 0.4914) * 255
        assert level.round().int().tolist() == batch.indices.tolist()
    assert [str(problem) for problem in problems] == [
        "2.jpg: it is cut off. Copy it again.",
        "5.jpg: it is cut off. Copy it again.",
    ]


@pytest.mark.parametrize("name", ["cifar_train", "imagenet_train"])
def test_broken_pictures_are_tried_and_reported_once_in_a_run(name):
    problems, tried, cache = [], [], PictureCache()

    def read(file):
        tried.append(file)
        return broken_at(2, 5)(file)

    dataset = photos(10, read=read)
    for number in range(3):
        epoch(dataset, PRESETS[name], epoch=number, cache=cache, skipped=problems.append)
    assert sorted(problem.file for problem in problems) == ["2.jpg", "5.jpg"]
    assert tried.count("2.jpg") == tried.count("5.jpg") == 1


def test_a_file_that_vanishes_is_skipped_too():
    def read(name):
        if name == "1.jpg":
            raise FileNotFoundError(2, "No such file", name)
        return PHOTOS[0].rgb

    problems = []
    given = epoch(photos(6, read=read), PRESETS["cifar_val"], skipped=problems.append)
    assert sorted(given[0].indices.tolist()) == [0, 2, 3, 4, 5]
    assert problems[0].file == "1.jpg"
    assert "No such file" in problems[0].reason


def test_pictures_that_do_not_fit_the_pipeline_are_skipped_with_its_reason():
    def read(name):
        return np.zeros((1, 40_000, 3) if name == "3.jpg" else (40, 40, 3), dtype=np.uint8)

    problems = []
    spec = PRESETS["imagenet_val"]
    given = epoch(photos(5, read=read), spec, shuffle=False, skipped=problems.append)
    assert given[0].indices.tolist() == [0, 1, 2, 4]
    assert "too elongated" in problems[0].reason
    only_chance = AugmentSpec(steps=(PadCrop(padding=4, size=60), HorizontalFlip()))
    with pytest.raises(DataError):
        epoch(photos(5, read=read), only_chance, skipped=problems.append)
    assert "too small" in problems[-1].reason


def test_one_survivor_of_a_batch_is_not_trained_on_but_validated():
    dataset = photos(8, read=broken_at(1, 2, 3, 4, 5, 6, 7))
    with pytest.raises(DataError):
        epoch(dataset, PRESETS["cifar_train"], batch_size=4)
    [batch] = epoch(dataset, PRESETS["cifar_val"], batch_size=4, shuffle=False)
    assert batch.indices.tolist() == [0]


def test_empty_batches_are_passed_over_and_numbers_stay_those_of_the_plan():
    dataset = photos(12, read=broken_at(4, 5, 6, 7))
    given = epoch(dataset, PRESETS["cifar_val"], batch_size=4, shuffle=False)
    assert [batch.number for batch in given] == [0, 2]
    rest = epoch(
        dataset, PRESETS["cifar_val"], batch_size=4, shuffle=False, start=given[0].number + 1
    )
    assert same(rest, given[1:])


def test_processes_that_share_batches_get_every_one_even_if_nothing_of_it_can_be_read():
    dataset = photos(30, read=broken_at(*range(10, 30)))
    given = epoch(
        dataset, PRESETS["cifar_val"], batch_size=10, shuffle=False, share=lambda part: part[:3]
    )
    assert [batch.number for batch in given] == [0, 1, 2]
    assert [batch.planned for batch in given] == [10, 10, 10]
    assert [batch.indices.tolist() for batch in given] == [[0, 1, 2], [], []]
    for batch in given:
        assert batch.images.shape == (len(batch.indices), 3, 32, 32)
        assert len(batch.labels) == len(batch.indices)


def test_a_data_set_of_broken_pictures_is_an_error_with_a_remedy():
    with pytest.raises(DataError, match="Of the 9 pictures of photos too few can be read") as error:
        epoch(photos(9, read=broken_at(*range(9))), PRESETS["cifar_train"])
    assert error.value.remedy


def test_a_defect_of_a_data_set_is_not_hidden():
    def read(name):
        raise KeyError(name)

    with pytest.raises(KeyError):
        epoch(photos(9, read=read), PRESETS["cifar_train"])


# --- threads and memory ---------------------------------------------------------------------------


def test_reading_goes_a_bounded_number_of_batches_ahead():
    read = []

    def remember(name):
        read.append(name)
        return PHOTOS[0].rgb

    stream = batches(
        whole(photos(400, read=remember)),
        PRESETS["cifar_val"],
        batch_size=4,
        seed=0,
        epoch=0,
        shuffle=True,
    )
    for taken in range(1, 20):
        next(stream)
        assert len(read) <= 4 * (taken + 3)
    stream.close()


def test_order_holds_although_later_pictures_are_ready_first():
    later_is_ready = threading.Event()

    def read(name):
        index = int(name.split(".")[0])
        if index == 0:
            assert later_is_ready.wait(timeout=60)
        if index == 5:
            later_is_ready.set()
        return np.full((32, 32, 3), index, dtype=np.uint8)

    given = epoch(
        photos(8, read=read), PRESETS["cifar_val"], batch_size=4, shuffle=False, workers=2
    )
    assert [batch.indices.tolist() for batch in given] == [[0, 1, 2, 3], [4, 5, 6, 7]]


def picture_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("pictures")]


def test_closing_stops_the_threads():
    stream = batches(
        whole(photos(100)),
        PRESETS["imagenet_train"],
        batch_size=4,
        seed=0,
        epoch=0,
        shuffle=True,
        workers=3,
    )
    next(stream)
    assert picture_threads()
    stream.close()
    assert not picture_threads()


def test_the_threads_are_gone_after_the_last_batch_and_after_an_error():
    epoch(photos(5), PRESETS["imagenet_train"])
    assert not picture_threads()

    def read(name):
        raise KeyError(name)

    with pytest.raises(KeyError):
        epoch(photos(5, read=read), PRESETS["imagenet_train"])
    assert not picture_threads()


def test_decoding_threads_leave_the_number_of_training_threads_alone():
    before = torch.get_num_threads()
    inside = []

    def read(name):
        inside.append(torch.get_num_threads())
        return PHOTOS[0].rgb

    epoch(photos(4, read=read), PRESETS["imagenet_val"])
    assert inside == [1] * 4
    assert torch.get_num_threads() == before
    of_a_new_thread = []
    thread = threading.Thread(target=lambda: of_a_new_thread.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert of_a_new_thread == [before]


def test_with_a_cache_pictures_are_read_once_in_a_run():
    read = []

    def remember(name):
        read.append(name)
        return PHOTOS[0].rgb

    dataset, cache = photos(10, read=remember), PictureCache()
    for number in range(3):
        epoch(dataset, PRESETS["cifar_train"], epoch=number, cache=cache)
        epoch(dataset, PRESETS["cifar_val"], epoch=number, cache=cache, shuffle=False)
    assert len(read) == 10
    assert cache.used_bytes == 10 * 32 * 32 * 3


def test_a_second_epoch_from_memory_starts_no_thread():
    cache, spec = PictureCache(), PRESETS["cifar_train"]
    dataset = photos(10)
    epoch(dataset, spec, cache=cache)
    stream = batches(whole(dataset), spec, batch_size=5, seed=0, epoch=1, shuffle=True, cache=cache)
    next(stream)
    assert not picture_threads()
    stream.close()


def test_the_cache_keeps_to_its_limit():
    read = []

    def remember(name):
        read.append(name)
        return PHOTOS[0].rgb

    dataset, cache = photos(10, read=remember), PictureCache(limit_bytes=4 * 3072 + 100)
    for _ in range(2):
        epoch(dataset, PRESETS["cifar_train"], cache=cache)
    assert cache.used_bytes == 4 * 3072
    assert len(read) == 10 + 6


def test_one_cache_serves_several_data_sets_and_pipelines():
    cache = PictureCache()
    for dataset in (digits(20), digits(40), photos(20)):
        for name in ("digits_val", "cifar_train", "imagenet_val"):
            without = epoch(dataset, PRESETS[name])
            assert same(epoch(dataset, PRESETS[name], cache=cache), without)
            assert same(epoch(dataset, PRESETS[name], cache=cache), without)


def test_consumers_may_change_a_batch_without_changing_the_data_set():
    dataset, cache, spec = digits(20), PictureCache(), PRESETS["digits_val"]
    first = epoch(dataset, spec, cache=cache, batch_size=20)
    kept = first[0].images.clone()
    first[0].images.zero_()
    first[0].labels.zero_()
    second = epoch(dataset, spec, cache=cache, batch_size=20)
    assert torch.equal(second[0].images, kept)
    assert second[0].labels.tolist() == dataset.labels[second[0].indices].tolist()
