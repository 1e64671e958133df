"""Classes renamed, merged and left out: in the numbers of training, and never in the files."""

from __future__ import annotations

import os

import numpy as np
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.architecture.catalog import resolve
from resnet_studio.data.class_edits import ClassEdits, edited
from resnet_studio.data.dataset import ArrayDataset
from resnet_studio.data.sources import DataConfig, load_dataset
from resnet_studio.errors import DataError
from resnet_studio.training.config import RunConfig, default_config
from tests.data.folders import make_classes


def numbered(counts: dict[str, int]) -> ArrayDataset:
    """A data set in memory in which the pixel of a picture is its place."""
    labels = np.repeat(np.arange(len(counts)), list(counts.values()))
    images = np.arange(len(labels), dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    return ArrayDataset("Pets", tuple(counts), images, labels)


def opened(path, edits: ClassEdits, **options):
    return load_dataset(DataConfig(source="folder", path=str(path), edits=edits, **options))


NAMES = ("a", "b", "c", "d", "e")
some = st.lists(st.sampled_from(NAMES), unique=True).map(tuple)
changes = st.builds(
    ClassEdits,
    renamed=st.dictionaries(st.sampled_from(NAMES), st.sampled_from([*NAMES, "new", "other"])),
    excluded_classes=some,
    excluded_files=st.lists(st.integers(0, 17), unique=True).map(
        lambda numbers: tuple(f"Pets picture {number}" for number in numbers)
    ),
)


@settings(max_examples=60, deadline=None)
@given(changes)
def test_every_picture_that_is_left_has_its_pixels_its_name_and_its_new_class(edits):
    before = numbered(dict(zip(NAMES, (2, 3, 5, 1, 4), strict=True)))
    expected = {
        index: edits.renamed.get(NAMES[label], NAMES[label])
        for index, label in enumerate(before.labels.tolist())
        if NAMES[label] not in edits.excluded_classes
        and f"Pets picture {index}" not in edits.excluded_files
    }
    if len(set(expected.values())) < 2:
        with pytest.raises(DataError, match="at least two"):
            edited(before, edits)
        return
    after = edited(before, edits)
    left = after.dataset
    assert after.kept.tolist() == list(expected) == left.images[:, 0, 0, 0].tolist()
    assert [left.classes[label] for label in left.labels] == list(expected.values())
    assert [left.file_of(n) for n in range(len(left))] == [f"Pets picture {i}" for i in expected]
    assert len(set(left.classes)) == len(left.classes)
    assert np.bincount(left.labels, minlength=len(left.classes)).min() > 0
    assert sum(found.pictures for found in after.found) == len(before)


@settings(max_examples=40, deadline=None)
@given(changes)
def test_a_run_toml_keeps_the_changes(edits):
    data = DataConfig(source="digits", edits=edits)
    network = resolve("cifar_resnet20").replace(classes=10)
    config = default_config(network, data, classes=10)
    assert RunConfig.from_toml(config.to_toml()) == config
    assert ("edits" in config.to_toml()) == bool(edits)


def test_a_run_toml_of_before_reads_as_one_without_changes():
    text = default_config(resolve("cifar_resnet20"), DataConfig()).to_toml()
    assert "edits" not in text
    assert RunConfig.from_toml(text).data.edits == ClassEdits()


def test_merged_classes_are_validated_and_tested_together(tmp_path):
    root = tmp_path / "pets"
    for side, count in (("train", 6), ("val", 2), ("test", 3)):
        make_classes(root / side, {"cat": count, "dog": count, "kitten": count, "stone": count})
    split = opened(root, ClassEdits().rename(["kitten"], "cat").exclude_classes(["stone"]))
    assert split.classes == ("cat", "dog")
    assert split.train.counts.tolist() == [12, 6]
    assert split.validation.counts.tolist() == [4, 2]
    assert split.test is not None
    assert split.test.counts.tolist() == [6, 3]
    assert [(each.name, each.pictures, each.name_now) for each in split.found] == [
        ("cat", 11, "cat"),
        ("dog", 11, "dog"),
        ("kitten", 11, "cat"),
        ("stone", 11, None),
    ]


@pytest.mark.parametrize("side", [4, 0])
def test_a_picture_is_left_out_in_memory_and_on_disk_and_nothing_is_written(tmp_path, side):
    root = make_classes(tmp_path / "pets", {"cat": 5, "dog": 4})
    if not side:  # pictures of several sizes are decoded one by one
        make_classes(root, {"cat": 1}, side=6)
    before = {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))}
    whole = opened(root, ClassEdits())
    split = opened(root, ClassEdits(excluded_files=("cat/3.png",)))
    dataset, all_of_it = split.train.dataset, whole.train.dataset
    assert (dataset.images is None) == (side == 0)
    names = [dataset.file_of(index) for index in range(len(dataset))]
    assert names == [f"cat/{n}.png" for n in (0, 1, 2, 4)] + [f"dog/{n}.png" for n in range(4)]
    assert np.array_equal(dataset.picture(3), all_of_it.picture(4))
    assert split.found[0].excluded == 1
    assert {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))} == before


def test_the_digits_can_be_taught_as_even_and_odd():
    edits = ClassEdits().rename("02468", "even").rename("13579", "odd")
    data = DataConfig(edits=edits)
    split = load_dataset(data)
    assert split.classes == ("even", "odd")
    assert split.train.dataset.labels.tolist()[:4] == [0, 1, 0, 1]
    assert default_config(resolve("cifar_resnet20"), data).network.classes == 2


def test_what_is_gone_is_a_problem_and_no_error(tmp_path):
    root = make_classes(tmp_path / "pets", {"cat": 3, "dog": 3})
    files = tuple(f"cat/{number}.jpg" for number in range(30))
    edits = ClassEdits(renamed={"cow": "ox"}, excluded_classes=("hen",), excluded_files=files)
    problems = opened(root, edits).problems
    assert [problem.file for problem in problems[:3]] == ["cow", "hen", "cat/0.jpg"]
    assert "10 more" in str(problems[-1])
    assert all(problem.remedy for problem in problems)


def test_a_class_whose_pictures_are_all_left_out_is_left_out_and_told_of(tmp_path):
    root = make_classes(tmp_path / "pets", {"cat": 1, "dog": 3, "owl": 3})
    split = opened(root, ClassEdits(excluded_files=("cat/0.png",)))
    assert split.classes == ("dog", "owl")
    assert [problem.file for problem in split.problems] == ["cat"]


def test_a_class_that_is_left_on_one_side_only_is_told_of(tmp_path):
    for side in ("train", "val"):
        make_classes(tmp_path / "pets" / side, {"cat": 1, "dog": 3, "owl": 2})
    gone = ("train/cat/0.png", "val/owl/0.png", "val/owl/1.png")
    split = opened(tmp_path / "pets", ClassEdits(excluded_files=gone))
    assert split.train.counts.tolist() == [0, 3, 2]
    assert [(problem.file, problem.reason) for problem in split.problems] == [
        ("cat", "no picture of the class is left to learn from"),
        ("owl", "no picture of the class is left to validate on"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no case")
def test_a_remark_about_a_class_goes_when_the_class_is_changed(tmp_path):
    make_classes(tmp_path / "pets" / "train", {"Dog": 2, "dog": 2, "cat": 2, "fish": 1})
    make_classes(tmp_path / "pets" / "val", {"Dog": 1, "dog": 1, "cat": 1})

    def remarks(edits: ClassEdits) -> list[str]:
        return [problem.file for problem in opened(tmp_path / "pets", edits).problems]

    none = ClassEdits()
    assert remarks(none) == ["train/fish", "dog"]
    assert remarks(none.rename(["cat"], "Cat")) == ["train/fish", "dog"]
    assert remarks(none.rename(["dog"], "Dog")) == ["train/fish"]
    assert remarks(none.exclude_classes(["fish"])) == ["dog"]
    assert remarks(none.rename(["fish"], "cat")) == ["dog"]
    assert remarks(none.exclude_classes(["Dog", "fish"])) == []
    assert remarks(none.rename(["fish"], "carp")) == ["dog", "carp"]


def test_one_class_is_too_few(tmp_path):
    root = make_classes(tmp_path / "pets", {"cat": 3, "dog": 3})
    for edits in (ClassEdits().rename(["dog"], "cat"), ClassEdits().exclude_classes(["dog"])):
        with pytest.raises(DataError, match="only the class cat is left") as caught:
            opened(root, edits)
        assert caught.value.remedy
    with pytest.raises(DataError, match="no class is left"):
        opened(root, ClassEdits().exclude_classes(["dog", "cat"]))


@pytest.mark.parametrize("name", ["a\nb", "\u202e", "x" * 101, "\ud800", "\0"])
def test_a_name_that_cannot_be_shown_is_refused_in_words(name):
    with pytest.raises(pydantic.ValidationError, match="name"):
        ClassEdits().rename(["cat"], name)


def test_a_change_can_be_taken_back():
    edits = ClassEdits().rename(["a", "b"], " both ").exclude_classes(["c", "c"])
    assert edits.renamed == {"a": "both", "b": "both"}
    assert edits.excluded_classes == ("c",)
    assert edits.classes_of("abcd") == ("both", "d")
    back = edits.rename(["a"], "a").rename(["b"], "").include_classes(["c"])
    back = back.exclude_files(["x.png"]).include_files(["x.png"])
    assert back == ClassEdits()
    assert not back
