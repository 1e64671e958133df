"""Published data sets read where they lie, whole, damaged and hostile."""

from __future__ import annotations

import gzip
import io
import os
import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_studio.data import idx_files
from resnet_studio.data.published import PUBLISHED, SOURCES, home_of
from resnet_studio.data.sources import DataConfig, DataSplit, load_dataset
from resnet_studio.data.stored_sets import find_set, imagenet_words, words_of
from resnet_studio.errors import DataError
from tests.data import known_sets
from tests.data.folders import colour
from tests.data.known_sets import CHURCH, TENCH

IDS = (TENCH, CHURCH)


def opened(source: str, path=None) -> DataSplit:
    return load_dataset(DataConfig(source=source, path=None if path is None else str(path)))


def refusal(source: str, path=None) -> DataError:
    with pytest.raises(DataError) as caught:
        opened(source, path)
    assert caught.value.remedy
    return caught.value


def pixel(number: int) -> list[int]:
    """The one colour of the picture `colour(number)`."""
    return list(Image.open(io.BytesIO(colour(number))).getpixel((0, 0)))


# MNIST and Fashion-MNIST


@pytest.mark.parametrize(
    ("source", "inside"),
    [("mnist", "MNIST/raw"), ("mnist", "raw"), ("fashion_mnist", "FashionMNIST/raw")],
)
@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_give_grey_pictures_with_their_classes(tmp_path, source, inside, packed):
    arrays = known_sets.write_mnist(tmp_path / inside, packed=packed)
    split = opened(source, tmp_path)
    assert split.name == PUBLISHED[source].title
    assert split.classes == PUBLISHED[source].class_names
    assert split.test is not None
    assert (len(split.train) + len(split.validation), len(split.test)) == (12, 5)
    dataset = split.train.dataset
    for channel in range(3):
        assert np.array_equal(dataset.images[:12, ..., channel], arrays["train-images-idx3-ubyte"])
    assert np.array_equal(dataset.images[12:, ..., 1], arrays["t10k-images-idx3-ubyte"])
    assert dataset.labels.tolist()[:4] == [0, 1, 2, 0]
    assert "12 pictures instead of 60,000" in str(split.problems[0])


def test_torchvision_reads_the_same_from_the_same_files(tmp_path):
    from torchvision import datasets

    known_sets.write_mnist(tmp_path / "MNIST/raw")
    ours = opened("mnist", tmp_path).train.dataset
    theirs = datasets.MNIST(str(tmp_path))
    for index in range(len(theirs)):
        picture, label = theirs[index]
        assert np.array_equal(ours.picture(index), np.asarray(picture.convert("RGB")))
        assert ours.labels[index] == label


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[:-1], "announces 9,408 bytes and has 9,407"),
        (lambda content: content[:7], "not an idx file"),
        (lambda content: b"\x89PNG" + content[4:], "not an idx file"),
        (lambda content: content[:4] + b"\xff" * 12 + content[16:], "announces"),
        (
            lambda content: content[:4] + b"\0\0\0\1\0\0\x24\xc0\0\0\0\1" + content[16:],
            "1 pictures",
        ),
        (lambda content: known_sets.idx(np.zeros((12, 1, 9000))), "9000 pixels wide"),
        (lambda content: known_sets.idx(np.zeros((12, 20, 20))), "another size"),
    ],
)
def test_a_damaged_idx_file_is_an_error_that_names_it(tmp_path, damage, reason):
    known_sets.write_mnist(tmp_path)
    file = tmp_path / "train-images-idx3-ubyte"
    file.write_bytes(damage(file.read_bytes()))
    error = refusal("mnist", tmp_path)
    assert reason in error.message
    assert "MNIST" in error.message


def test_a_class_beyond_the_ten_and_a_missing_file_are_errors(tmp_path):
    known_sets.write_mnist(tmp_path)
    labels = tmp_path / "t10k-labels-idx1-ubyte"
    labels.write_bytes(known_sets.idx(np.full(5, 10)))
    assert "beyond the ten" in refusal("mnist", tmp_path).message
    labels.unlink()
    assert "lacks t10k-labels-idx1-ubyte" in refusal("mnist", tmp_path).message


def test_packed_files_may_be_cut_or_burst_without_harm(tmp_path, monkeypatch):
    known_sets.write_mnist(tmp_path, packed=True)
    file = tmp_path / "train-images-idx3-ubyte.gz"
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    assert "cannot be used" in refusal("mnist", tmp_path).message
    file.write_bytes(whole[:40] + b"\xff" * 40 + whole[80:])
    assert "cannot be used" in refusal("mnist", tmp_path).message
    monkeypatch.setattr(idx_files, "_MAX_BYTES", 1 << 16)
    file.write_bytes(gzip.compress(bytes(1 << 20)))
    assert "far too large" in refusal("mnist", tmp_path).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_with_the_name_of_a_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "train-images-idx3-ubyte")
    os.mkfifo(tmp_path / "train")
    for source in ("mnist", "fashion_mnist", "cifar100", "imagenette"):
        assert find_set(source, tmp_path) is None


# CIFAR-100


@pytest.mark.parametrize("form", ["pickled", "binary", "archive"])
def test_cifar100_is_read_in_each_of_its_forms(tmp_path, form):
    write = known_sets.cifar100_binary if form == "binary" else known_sets.cifar100_pickle
    suffix = ".bin" if form == "binary" else ""
    folder = "cifar-100-binary" if form == "binary" else "cifar-100-python"
    counts = (("train", 120), ("test", 30))
    members = {f"{folder}/{side}{suffix}": write(count) for side, count in counts}
    if form == "archive":
        (tmp_path / "cifar-100-python.tar.gz").write_bytes(known_sets.tgz(members))
    else:
        known_sets.write_folder(tmp_path, members)
    before = sorted(tmp_path.rglob("*"))
    split = opened("cifar100", tmp_path)
    assert split.classes[7] == "beetle"
    assert split.test is not None
    assert split.test.labels.tolist() == known_sets.cifar100_arrays(30)[1]
    pixels, labels = known_sets.cifar100_arrays(120)
    dataset = split.train.dataset
    assert dataset.labels[:120].tolist() == labels
    assert np.array_equal(dataset.picture(5).transpose(2, 0, 1).ravel(), pixels[5])
    assert sorted(tmp_path.rglob("*")) == before


def test_torchvision_reads_the_same_pictures_of_cifar100(tmp_path, monkeypatch):
    from torchvision import datasets

    members = {
        "cifar-100-python/train": known_sets.cifar100_pickle(120),
        "cifar-100-python/test": known_sets.cifar100_pickle(10),
    }
    known_sets.write_folder(tmp_path, members)
    monkeypatch.setattr(datasets.CIFAR100, "_check_integrity", lambda _: True)
    monkeypatch.setattr(datasets.CIFAR100, "_load_meta", lambda _: None)
    ours, theirs = opened("cifar100", tmp_path).train.dataset, datasets.CIFAR100(str(tmp_path))
    assert np.array_equal(ours.images[:120], theirs.data)
    assert ours.labels[:120].tolist() == theirs.targets


def test_damaged_files_of_cifar100_are_errors(tmp_path):
    known_sets.write_folder(tmp_path, {"train": known_sets.cifar100_pickle(20)})
    assert "lacks its file test" in refusal("cifar100", tmp_path).message
    (tmp_path / "test").write_bytes(b"cos\nsystem\n(S'touch hacked'\ntR.")
    assert "its content is not of CIFAR-100" in refusal("cifar100", tmp_path).message
    (tmp_path / "test").write_bytes(known_sets.cifar100_pickle(20)[:-50])
    assert "its content is not of CIFAR-100" in refusal("cifar100", tmp_path).message
    (tmp_path / "test").unlink()
    (tmp_path / "test.bin").write_bytes(known_sets.cifar100_binary(3)[:-1])
    assert "not whole records" in refusal("cifar100", tmp_path).message
    (tmp_path / "test.bin").write_bytes(bytes((0, 100)) + bytes(3072))
    assert "beyond the hundred" in refusal("cifar100", tmp_path).message


# Imagenette and ImageNet


@pytest.mark.parametrize("source", ["imagenette", "imagenet"])
def test_folders_of_wordnet_ids_are_shown_as_words(tmp_path, source):
    known_sets.write_folder(tmp_path, known_sets.imagenette_members("data"))
    split = opened(source, tmp_path / "data")
    assert split.classes == ("tench", "church")
    assert split.train.counts.tolist() == [4, 4]
    assert split.validation.counts.tolist() == [2, 2]
    assert split.train.dataset.file_of(0) == f"train/{TENCH}/train_0.JPEG"


@pytest.mark.parametrize("kind", ["table", "meta"])
def test_flat_validation_pictures_of_imagenet_get_their_classes_from_beside_them(tmp_path, kind):
    inside = "ILSVRC/Data/CLS-LOC/" if kind == "table" else ""
    members = {f"{inside}train/{known}/{n}.JPEG": colour(n) for known in IDS for n in range(3)}
    classes = [CHURCH, TENCH, TENCH, CHURCH]
    names = [f"ILSVRC2012_val_{number:08}" for number in range(1, 5)]
    members |= {f"{inside}val/{name}.JPEG": colour(50 + n) for n, name in enumerate(names)}
    known_sets.write_folder(tmp_path, members)
    if kind == "table":
        rows = [f"{n},{c} 1 2 3 4 {c} 5 6 7 8" for n, c in zip(names, classes, strict=True)]
        rows = ["ImageId,PredictionString", *rows]
        (tmp_path / "LOC_val_solution.csv").write_text("\n".join(rows))
    else:
        torch.save(({CHURCH: ("church",)}, classes), tmp_path / "meta.bin")
    split = opened("imagenet", tmp_path)
    assert split.classes == ("tench", "church")
    assert split.validation.labels.tolist() == [0, 0, 1, 1]
    dataset = split.train.dataset
    files = [dataset.file_of(index) for index in split.validation.indices]
    assert files[0] == f"val/{TENCH}/{names[1]}.JPEG"
    assert np.array_equal(split.validation.picture(0)[0, 0], np.array(pixel(51)))


def test_validation_pictures_that_torchvision_has_put_into_folders_are_read_there(tmp_path):
    # torchvision.datasets.ImageNet leaves meta.bin beside the class folders that it makes of val.
    members = {f"train/{known}/{n}.JPEG": colour(n) for known in IDS for n in range(3)}
    classes = [CHURCH, TENCH]
    for number, known in enumerate(classes, start=1):
        members[f"val/{known}/ILSVRC2012_val_{number:08}.JPEG"] = colour(50 + number)
    known_sets.write_folder(tmp_path, members)
    torch.save(({CHURCH: ("church",)}, classes), tmp_path / "meta.bin")
    split = opened("imagenet", tmp_path)
    assert split.own_validation
    assert split.validation.labels.tolist() == [0, 1]
    assert np.array_equal(split.validation.picture(0)[0, 0], np.array(pixel(52)))


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04", pickle.dumps(print, 2)])
def test_a_broken_file_of_classes_leaves_the_validation_pictures_out(tmp_path, content):
    members = {f"train/{known}/{n}.JPEG": colour(n) for known in IDS for n in range(3)}
    members |= {"val/ILSVRC2012_val_00000001.JPEG": colour(9), "meta.bin": content}
    split = opened("imagenet", known_sets.write_folder(tmp_path, members))
    assert len(split.train) + len(split.validation) == 6
    assert "val: it is not used: it has no class folders." in [str(p) for p in split.problems]


def test_an_archive_of_imagenette_is_unpacked_into_the_programs_own_folder(tmp_path):
    archive = tmp_path / "imagenette2-160.tgz"
    archive.write_bytes(known_sets.tgz(known_sets.imagenette_members()))
    for _ in range(2):  # the second time it lies there
        assert opened("imagenette", archive).train.counts.tolist() == [4, 4]
    assert list(tmp_path.iterdir()) == [archive]
    assert find_set("imagenette") == home_of("imagenette") / "imagenette2-160"


def test_a_class_of_imagenette_can_be_renamed_by_its_word(tmp_path):
    known_sets.write_folder(tmp_path, known_sets.imagenette_members())
    config = DataConfig(
        source="imagenette", path=str(tmp_path), edits={"renamed": {"tench": "fish"}}
    )
    assert load_dataset(config).classes == ("fish", "church")


def test_the_words_are_torchvisions_and_unknown_ids_stay():
    words = imagenet_words()
    assert len(words) == len(set(words.values())) == 1000
    assert (words[TENCH], words[CHURCH], words["n02012849"]) == ("tench", "church", "crane bird")
    assert words_of([TENCH, "n02012849", "n99999999", "cats"]) == (
        "tench",
        "crane bird",
        "n99999999",
        "cats",
    )
    assert words_of([TENCH, "tench"]) == (f"tench ({TENCH})", "tench (tench)")


@pytest.mark.parametrize("source", [name for name in SOURCES if name not in ("digits", "folder")])
def test_what_is_not_here_says_how_to_get_it(source):
    error = refusal(source)
    assert error.message == f"{PUBLISHED[source].title} is not on this computer."
    where = "image-net.org" if source == "imagenet" else f"resnet-studio download {source}"
    assert where in error.remedy
