"""Opening data sets: digits, folders, archives, CIFAR-10 in its forms, and hostile ones."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pydantic
import pytest
from PIL import Image

from resnet_studio.data import cifar, plain_pickle, sources
from resnet_studio.data.cifar import find_cifar10
from resnet_studio.data.plain_pickle import unpickle_plain
from resnet_studio.data.sources import (
    DataConfig,
    DataSplit,
    ScanProgress,
    load_dataset,
    open_dataset,
)
from resnet_studio.errors import DataError, PictureError
from resnet_studio.files import sha256_of
from tests.data.folders import colour, make_classes, make_zip
from tests.data.pictures import encoded, gradient


def folder(path: Path, **options) -> DataConfig:
    return DataConfig(source="folder", path=str(path), **options)


def refusal(config: DataConfig) -> DataError:
    with pytest.raises(DataError) as caught:
        load_dataset(config)
    assert caught.value.remedy
    return caught.value


# Configuration


def test_a_config_refuses_what_makes_no_sense():
    for wrong in (
        {"source": "internet"},
        {"validation_fraction": 0.0},
        {"validation_fraction": 1.0},
        {"split_seed": -1},
        {"colour": "red"},
    ):
        with pytest.raises(pydantic.ValidationError):
            DataConfig(**wrong)


def test_a_config_survives_json():
    config = DataConfig(source="folder", path="/données", validation_fraction=0.3, split_seed=7)
    assert DataConfig.model_validate_json(config.model_dump_json()) == config


# Digits


@pytest.fixture(scope="module")
def digits() -> DataSplit:
    return load_dataset(DataConfig())


def test_the_digits_are_1797_pictures_of_ten_classes(digits):
    assert digits.name == "Digits"
    assert digits.classes == tuple("0123456789")
    assert len(digits.train) + len(digits.validation) == 1797
    assert digits.train.dataset.images.shape == (1797, 32, 32, 3)
    assert digits.train.dataset.images.dtype == np.uint8
    assert digits.problems == ()


def test_a_fifth_of_every_digit_is_validated_on(digits):
    share = digits.validation.counts / (digits.validation.counts + digits.train.counts)
    assert np.abs(share - 0.2).max() < 0.01


def test_enlarged_digits_are_the_scanned_ones(digits):
    from sklearn.datasets import load_digits

    original = load_digits()
    dataset = digits.train.dataset
    assert np.array_equal(dataset.labels, original.target)
    assert (dataset.images[..., 0] == dataset.images[..., 2]).all()
    # Averaged back over blocks of 4 × 4 the shades return, up to the blur of enlarging.
    small = dataset.images[..., 0].reshape(-1, 8, 4, 8, 4).mean(axis=(2, 4))
    for shades, back in zip(original.images[:200], small[:200], strict=True):
        assert np.corrcoef(shades.ravel() * 255 / 16, back.ravel())[0, 1] > 0.97
    assert dataset.images.max() == 255
    assert dataset.images.min() == 0


# Folders and archives


def test_a_folder_of_one_size_is_decoded_into_memory(tmp_path):
    split = load_dataset(folder(make_classes(tmp_path / "pets", {"cats": 10, "dogs": 5})))
    dataset = split.train.dataset
    assert split.name == "pets"
    assert dataset.images is not None
    assert dataset.images.shape == (15, 4, 4, 3)
    assert (len(split.train), len(split.validation)) == (12, 3)
    for index in range(15):
        offset, number = (0, index) if index < 10 else (100, index - 10)
        expected = np.array(Image.open(io.BytesIO(colour(offset + number))))
        assert np.array_equal(dataset.picture(index), expected)
    assert dataset.file_of(12) == "dogs/2.png"


def test_an_archive_gives_the_same_data_set_as_its_folder(tmp_path):
    make_classes(tmp_path / "pets", {"cats": 6, "dogs": 5})
    files = sorted((tmp_path / "pets").rglob("*.png"))
    members = [(str(file.relative_to(tmp_path)), file.read_bytes()) for file in files]
    one = load_dataset(folder(make_zip(tmp_path / "pets.zip", members)))
    other = load_dataset(folder(tmp_path / "pets"))
    assert np.array_equal(one.train.dataset.images, other.train.dataset.images)
    assert np.array_equal(one.validation.indices, other.validation.indices)
    assert one.classes == other.classes


def test_pictures_of_several_sizes_are_decoded_when_asked_for(tmp_path):
    make_classes(tmp_path, {"cats": 2, "dogs": 2})
    (tmp_path / "cats" / "large.png").write_bytes(colour(3, side=9))
    split = load_dataset(folder(tmp_path))
    assert split.train.dataset.images is None
    sizes = {split.train.dataset.picture(index).shape[0] for index in range(5)}
    assert sizes == {4, 9}


def test_pictures_beyond_the_memory_limit_are_decoded_when_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MEMORY_BYTES", 4 * 4 * 4 * 3 - 1)
    split = load_dataset(folder(make_classes(tmp_path, {"cats": 2, "dogs": 2})))
    assert split.train.dataset.images is None
    monkeypatch.setattr(sources, "MEMORY_BYTES", 4 * 4 * 4 * 3)
    assert load_dataset(folder(tmp_path)).train.dataset.images is not None


def test_a_picture_turned_by_exif_is_of_another_size(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(2):
            (tmp_path / name / f"{number}.png").write_bytes(encoded(gradient(), "PNG"))
    (tmp_path / "b" / "1.png").write_bytes(encoded(gradient(), "PNG", exif=exif))
    dataset = load_dataset(folder(tmp_path)).train.dataset
    assert dataset.images is None
    assert [dataset.picture(index).shape for index in (2, 3)] == [(6, 8, 3), (8, 6, 3)]


def test_damage_found_while_decoding_is_listed_and_left_out(tmp_path):
    make_classes(tmp_path, {"cats": 3, "dogs": 3, "fish": 1})
    whole = encoded(gradient(40, 40), "PNG")
    for file in tmp_path.rglob("*.png"):
        file.write_bytes(whole)
    for file in ("cats/1.png", "fish/0.png"):
        (tmp_path / file).write_bytes(whole[:-200] + whole[-12:])  # it ends as it should
    split = load_dataset(folder(tmp_path))
    assert split.classes == ("cats", "dogs")
    assert len(split.train) + len(split.validation) == 5
    assert split.train.dataset.images.shape == (5, 40, 40, 3)
    assert split.train.dataset.labels.tolist() == [0, 0, 1, 1, 1]
    assert split.train.dataset.file_of(1) == "cats/2.png"
    assert [problem.file for problem in split.problems] == ["cats/1.png", "fish/0.png", "fish"]
    assert "cut off" in split.problems[0].reason


def test_a_file_that_vanishes_later_is_a_picture_error(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MEMORY_BYTES", 0)
    split = load_dataset(folder(make_classes(tmp_path, {"cats": 2, "dogs": 2})))
    (tmp_path / "dogs" / "1.png").unlink()
    with pytest.raises(PictureError, match=r"dogs/1\.png cannot be opened: there is no such file"):
        split.train.dataset.picture(3)


def test_a_data_set_that_comes_divided_stays_so(tmp_path):
    make_classes(tmp_path / "train", {"cats": 4, "dogs": 4})
    make_classes(tmp_path / "val", {"cats": 1, "dogs": 2})
    split = load_dataset(folder(tmp_path, validation_fraction=0.5))
    files = split.train.dataset.file_of
    assert all(files(int(index)).startswith("val/") for index in split.validation.indices)
    assert all(files(int(index)).startswith("train/") for index in split.train.indices)
    assert (len(split.train), len(split.validation)) == (8, 3)


def test_a_test_folder_is_never_validated_on(tmp_path):
    make_classes(tmp_path / "train", {"cats": 8, "dogs": 4})
    make_classes(tmp_path / "test", {"cats": 3, "dogs": 2})
    split = load_dataset(folder(tmp_path, validation_fraction=0.25))
    files = split.train.dataset.file_of
    for side in (split.train, split.validation):
        assert all(files(int(index)).startswith("train/") for index in side.indices)
    assert split.validation.counts.tolist() == [2, 1]
    assert split.test is not None
    assert split.test.counts.tolist() == [3, 2]
    assert all(files(int(index)).startswith("test/") for index in split.test.indices)


def test_a_set_divided_in_three_keeps_its_validation_folder(tmp_path):
    for side, count in (("train", 3), ("val", 2), ("test", 1)):
        make_classes(tmp_path / side, {"cats": count, "dogs": count})
    split = load_dataset(folder(tmp_path))
    assert split.test is not None
    assert [len(part) for part in (split.train, split.validation, split.test)] == [6, 4, 2]


def test_data_without_a_test_set_has_none(tmp_path):
    assert load_dataset(folder(make_classes(tmp_path, {"cats": 2, "dogs": 2}))).test is None


def test_cifar10_is_divided_as_in_its_literature_unless_asked_otherwise():
    assert DataConfig(source="cifar10").validation_fraction == 0.1
    assert DataConfig(source="cifar10", validation_fraction=0.3).validation_fraction == 0.3
    assert DataConfig(source="folder", path="x").validation_fraction == 0.2
    assert DataConfig().validation_fraction == 0.2


def test_a_validation_folder_of_broken_files_is_replaced_by_a_split(tmp_path):
    make_classes(tmp_path / "train", {"cats": 4, "dogs": 4})
    make_classes(tmp_path / "val", {"cats": 1, "dogs": 1})
    for file in (tmp_path / "val").rglob("*.png"):
        file.write_bytes(b"")
    split = load_dataset(folder(tmp_path, validation_fraction=0.25))
    assert split.validation.counts.tolist() == [1, 1]


def test_classes_of_one_picture_leave_nothing_to_validate_on(tmp_path):
    error = refusal(folder(make_classes(tmp_path, {"cats": 1, "dogs": 1})))
    assert "none is left to validate on" in error.message


def test_a_class_of_one_picture_is_listed(tmp_path):
    split = load_dataset(folder(make_classes(tmp_path, {"cats": 4, "dogs": 1})))
    assert split.validation.counts.tolist() == [1, 0]
    assert [problem.file for problem in split.problems] == ["dogs"]


@pytest.mark.parametrize("path", [None, ""])
def test_a_folder_must_be_chosen(path):
    assert "No folder is chosen" in refusal(DataConfig(source="folder", path=path)).message


@pytest.mark.parametrize("source", ["folder", "cifar10"])
def test_a_name_that_no_run_could_note_down_is_refused(tmp_path, source):
    """A run keeps the path of its pictures as UTF-8, to find them again when it is resumed."""
    path = tmp_path / os.fsdecode(b"caf\xe9")
    make_classes(path, {"cats": 2, "dogs": 2})
    error = refusal(DataConfig(source=source, path=str(path)))
    assert "caf\\xe9" in error.message
    assert "Rename" in error.remedy
    assert "Unicode" in refusal(DataConfig(source=source, path="/a\0b")).message


def test_a_folder_that_may_not_be_looked_into_is_an_error(tmp_path, as_nobody):
    make_classes(tmp_path / "closed" / "pets", {"cats": 2, "dogs": 2})
    (tmp_path / "closed").chmod(0)
    try:
        with as_nobody(tmp_path):
            for source in ("folder", "cifar10"):
                config = DataConfig(source=source, path=str(tmp_path / "closed" / "pets"))
                assert "Permission denied" in refusal(config).message
    finally:
        (tmp_path / "closed").chmod(0o755)


def test_a_path_may_begin_at_home(tmp_path, monkeypatch):
    make_classes(tmp_path / "pets", {"cats": 2, "dogs": 2})
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert load_dataset(DataConfig(source="folder", path="~/pets")).name == "pets"


def test_progress_is_given_and_the_data_set_comes_last(tmp_path):
    items = list(open_dataset(folder(make_classes(tmp_path, {"cats": 2, "dogs": 2}))))
    assert isinstance(items[-1], DataSplit)
    assert all(isinstance(item, ScanProgress) for item in items[:-1])
    assert [item.phase for item in items[:-1] if isinstance(item, ScanProgress)] == [
        *["listing"] * 4,
        *["checking"] * 2,
        *["decoding"] * 2,
    ]


def test_loading_can_be_cancelled_at_every_step(tmp_path):
    config = folder(make_classes(tmp_path, {"cats": 2, "dogs": 2}))
    steps = len(list(open_dataset(config)))
    for count in range(1, steps):
        loading = open_dataset(config)
        for _ in range(count):
            next(loading)
        loading.close()
        assert list(loading) == []


def test_what_the_progress_raises_ends_the_loading(tmp_path):
    def stop(_progress: ScanProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_dataset(folder(make_classes(tmp_path, {"cats": 2, "dogs": 2})), stop)


def test_nothing_is_written_beside_the_pictures(tmp_path):
    make_classes(tmp_path, {"cats": 2, "dogs": 2})
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    load_dataset(folder(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


# CIFAR-10


RNG = np.random.default_rng(11)
BATCHES = {
    name: (RNG.integers(0, 256, (n, 3072), np.uint8), RNG.integers(0, 10, n).tolist())
    for n, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"], start=3)
}
COUNT = sum(len(labels) for _, labels in BATCHES.values())


def binary(pixels: np.ndarray, labels: list[int]) -> bytes:
    return np.hstack([np.array(labels, np.uint8)[:, None], pixels]).tobytes()


def pickled(pixels: np.ndarray, labels: list[int], protocol: int = 2) -> bytes:
    content = {
        b"batch_label": b"training batch 1 of 5",
        b"labels": labels,
        b"data": pixels,
        b"filenames": [b"leptodactylus_pentadactylus_s_000004.png"] * len(labels),
    }
    return pickle.dumps(content, protocol)


def as_python_two(pixels: np.ndarray, labels: list[int]) -> bytes:
    """The form of the published files: protocol 2 as Python 2 wrote it, with byte strings."""
    data = pixels.tobytes()
    height, width = (b"M" + side.to_bytes(2, "little") for side in pixels.shape)
    return b"".join(
        [
            b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x15training batch 1 of 5q\x03",
            b"U\x06labelsq\x04]q\x05(" + b"".join(b"K" + bytes([n]) for n in labels) + b"e",
            b"U\x04dataq\x06cnumpy.core.multiarray\n_reconstruct\nq\x07",
            b"cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09(K\x01" + height + width + b"\x86",
            b"cnumpy\ndtype\nq\x0aU\x02u1K\x00K\x01\x87Rq\x0b",
            b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89",
            b"T" + len(data).to_bytes(4, "little") + data + b"tbu.",
        ]
    )


def write_batches(target: Path, write, suffix: str = "") -> Path:
    target.mkdir(parents=True, exist_ok=True)
    for name, (pixels, labels) in BATCHES.items():
        (target / f"{name}{suffix}").write_bytes(write(pixels, labels))
    return target


def write_archive(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, (pixels, labels) in reversed(BATCHES.items()):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            content = binary(pixels, labels)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        archive.addfile(tarfile.TarInfo("cifar-10-batches-bin/readme.html"))
    return path


def assert_is_the_sample(split: DataSplit) -> None:
    assert split.name == "CIFAR-10"
    assert split.classes == cifar.CLASSES
    assert split.test is not None
    assert split.test.labels.tolist() == BATCHES["test_batch"][1]
    learned = np.concatenate([split.train.indices, split.validation.indices])
    assert sorted(learned) == list(range(COUNT - len(split.test)))
    pixels, labels = BATCHES["data_batch_2"]
    index = 3 + 1  # the second of the second batch
    picture = split.train.dataset.picture(index)
    assert split.train.dataset.labels[index] == labels[1]
    for channel in range(3):
        plane = pixels[1, channel * 1024 : (channel + 1) * 1024].reshape(32, 32)
        assert np.array_equal(picture[..., channel], plane)
    assert split.train.dataset.images.flags.c_contiguous


def cifar10(path: Path | None) -> DataConfig:
    return DataConfig(source="cifar10", path=None if path is None else str(path))


@pytest.mark.parametrize("inside", ["", "cifar-10-batches-bin"])
def test_binary_batches_are_read(tmp_path, inside):
    write_batches(tmp_path / inside, binary, ".bin")
    assert_is_the_sample(load_dataset(cifar10(tmp_path)))


@pytest.mark.parametrize("write", [pickled, as_python_two])
def test_the_batches_that_torchvision_keeps_are_read(tmp_path, write):
    write_batches(tmp_path / "cifar-10-batches-py", write)
    assert_is_the_sample(load_dataset(cifar10(tmp_path)))


def test_newer_pickles_of_the_batches_are_read(tmp_path):
    write_batches(tmp_path, lambda pixels, labels: pickled(pixels, labels, 4))
    assert_is_the_sample(load_dataset(cifar10(tmp_path)))


def test_the_archive_is_read_without_being_extracted(tmp_path, monkeypatch):
    archive = write_archive(tmp_path / "cifar-10-binary.tar.gz")
    monkeypatch.setattr(cifar, "_ARCHIVE_SHA256", sha256_of(archive))
    assert_is_the_sample(load_dataset(cifar10(archive)))
    assert_is_the_sample(load_dataset(cifar10(tmp_path)))
    assert list(tmp_path.iterdir()) == [archive]


def test_an_archive_of_other_content_is_refused(tmp_path):
    archive = write_archive(tmp_path / "cifar-10-binary.tar.gz")
    assert "not what its authors published" in refusal(cifar10(archive)).message


def test_a_broken_archive_is_refused(tmp_path, monkeypatch):
    archive = write_archive(tmp_path / "cifar-10-binary.tar.gz")
    archive.write_bytes(archive.read_bytes()[:5000])
    monkeypatch.setattr(cifar, "_ARCHIVE_SHA256", sha256_of(archive))
    assert "cannot be used" in refusal(cifar10(archive)).message


def test_the_applications_own_copy_is_found(home):
    assert find_cifar10() is None
    assert "not on this computer" in refusal(cifar10(None)).message
    write_batches(home / "data" / "cifar10" / "cifar-10-batches-bin", binary, ".bin")
    assert_is_the_sample(load_dataset(cifar10(None)))


def test_class_folders_serve_as_cifar10(tmp_path):
    members = [(f"{n % 2}/{n}.png", colour(n, side=32)) for n in range(8)]
    split = load_dataset(cifar10(make_zip(tmp_path / "a.zip", members)))
    assert split.train.dataset.images.shape == (8, 32, 32, 3)


def test_missing_pictures_are_listed(tmp_path):
    write_batches(tmp_path, binary, ".bin")
    (tmp_path / "data_batch_4.bin").unlink()
    split = load_dataset(cifar10(tmp_path))
    assert split.test is not None
    assert len(split.train) + len(split.validation) + len(split.test) == COUNT - 6
    listed = {problem.file: problem.reason for problem in split.problems}
    assert listed["data_batch_4"] == "it has 0 pictures instead of 10,000"


def test_a_missing_test_batch_is_an_error(tmp_path):
    write_batches(tmp_path, binary, ".bin")
    (tmp_path / "test_batch.bin").unlink()
    assert "lacks test_batch" in refusal(cifar10(tmp_path)).message


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[:-1], "not whole records"),
        (lambda content: b"", "not whole records"),
        (lambda content: b"\x0a" + content[1:], "beyond the ten"),
    ],
)
def test_damaged_binary_batches_are_an_error(tmp_path, damage, reason):
    write_batches(tmp_path, binary, ".bin")
    file = tmp_path / "data_batch_1.bin"
    file.write_bytes(damage(file.read_bytes()))
    error = refusal(cifar10(tmp_path))
    assert reason in error.message
    assert "data_batch_1.bin" in error.message


def test_a_batch_beyond_the_limit_is_not_read(tmp_path, monkeypatch):
    write_batches(tmp_path, binary, ".bin")
    monkeypatch.setattr(cifar, "_MAX_BATCH_BYTES", 100)
    assert "too large" in refusal(cifar10(tmp_path)).message


class Hostile:
    """Writes a file when it is unpickled by Python's own reader."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self):
        return (Path.touch, (self.target,))


def test_a_hostile_batch_executes_nothing(tmp_path):
    mark = tmp_path / "executed"
    hostile = pickle.dumps({b"data": Hostile(mark), b"labels": [1]}, 2)
    pickle.loads(hostile)
    assert mark.exists(), "the attack works on Python's own reader"
    mark.unlink()
    write_batches(tmp_path, pickled)
    (tmp_path / "data_batch_1").write_bytes(hostile)
    assert "data_batch_1 of CIFAR-10 cannot be used" in refusal(cifar10(tmp_path)).message
    assert not mark.exists()


PIXELS, LABELS = BATCHES["data_batch_1"]
STRANGE = [
    b"",
    b"\x80\x02.",
    b"not a pickle",
    pickled(PIXELS, LABELS)[:-100],
    pickled(PIXELS, LABELS[:-1]),
    pickled(PIXELS.astype(np.int16), LABELS),
    pickled(np.asfortranarray(PIXELS), LABELS),
    pickled(PIXELS[:, :100], LABELS),
    pickled(PIXELS, [*LABELS[:-1], 10]),
    pickled(PIXELS, [*LABELS[:-1], "cat"]),
    pickled(PIXELS, [[label] for label in LABELS]),
    pickle.dumps([1, 2, 3], 2),
    pickle.dumps({b"data": [1], b"labels": [1]}, 2),
    pickle.dumps({b"data": np.array([object()]), b"labels": [1]}, 2),
    b"\x80\x02cos\nsystem\nU\x04true\x85R.",
    b"\x80\x02cbuiltins\neval\nU\x011\x85R.",
    b"\x80\x02(i__main__\nX\n.",
    b"\x80\x02]r\xff\xff\xff\x7f.",
    b"\x80\x05\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
    b"\x80\x02}" + b"}" * 600_000 + b".",
    b"\x80\x04\x8c\x05numpy\x8c\x07ndarray\x93)R(K\x01K\x02tb.",
]


@pytest.mark.parametrize("content", STRANGE, ids=range(len(STRANGE)))
def test_strange_batches_are_an_error(tmp_path, content):
    write_batches(tmp_path, pickled)
    (tmp_path / "data_batch_1").write_bytes(content)
    assert "data_batch_1 of CIFAR-10 cannot be used" in refusal(cifar10(tmp_path)).message


def test_plain_pickles_are_read_as_they_are():
    data = {"a": [1, -5, 2**40, None, True, False], "b": (1, 2), "c": ((), {}, "ü", b"\xff")}
    for protocol in (2, 3, 4):
        assert unpickle_plain(pickle.dumps(data, protocol)) == data


def test_a_stored_array_is_measured_before_it_is_believed():
    stored = unpickle_plain(pickle.dumps(PIXELS, 2))
    assert np.array_equal(stored.as_array(), PIXELS)
    stored.__setstate__((1, (10**9, 10**9), plain_pickle._StoredType("u1"), False, b"1234"))
    with pytest.raises(ValueError, match="reshape"):
        stored.as_array()


def test_data_sources_need_neither_torch_nor_networking():
    code = (
        "import sys; import resnet_studio.data.sources;"
        "print(sorted({'torch', 'sklearn', 'PySide6', 'http.client', 'ssl'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
