"""What the paths alone say; whole folders and archives are tested with `scan`."""

from __future__ import annotations

import pytest

from resnet_studio.data.arrange import arrange
from resnet_studio.data.stores import Listing
from resnet_studio.errors import DataError


def test_a_folder_without_pictures_is_no_class_but_is_known():
    listing = Listing(pictures=["b/0.png", "c/0.png"], folders=["a", "b", "c"])
    arrangement = arrange(listing, "set")
    assert arrangement.classes == ("b", "c")
    assert arrangement.folders == ("a", "b", "c")


def test_the_folders_of_a_divided_set_are_its_classes():
    pictures = ["train/b/0.png", "train/c/0.png", "val/b/1.png", "val/c/1.png"]
    assert arrange(Listing(pictures=pictures), "set").folders == ("b", "c")


def test_one_class_is_enough_where_it_is_said_to_be():
    listing = Listing(pictures=["b/0.png", "b/1.png"])
    with pytest.raises(DataError):
        arrange(listing, "set")
    assert arrange(listing, "set", fewest=1).classes == ("b",)


def test_pictures_outside_of_folders_are_no_class_however_few_are_wanted():
    with pytest.raises(DataError) as caught:
        arrange(Listing(pictures=["0.png"]), "set", fewest=1)
    assert "no class folders" in caught.value.message


def test_folders_for_training_that_differ_in_case_are_no_classes():
    pictures = ["Train/a/0.png", "train/b/0.png", "train/c/0.png", "VAL/b/1.png", "Val/c/1.png"]
    found = arrange(Listing(pictures=pictures), "set")
    assert found.classes == ("b", "c")
    assert found.files == ("train/b/0.png", "Val/c/1.png", "train/c/0.png")
    assert found.held_out.tolist() == [False, True, False]
    told = {problem.file: problem.reason for problem in found.problems}
    assert told["Train"] == "it is not used: train is used"
    assert told["VAL"] == "it is not used: Val is used"


def test_a_validation_folder_without_labels_is_told_of_and_the_rest_is_divided():
    pictures = ["all/train/b/0.png", "all/train/c/0.png", "all/val/1.png", "all/val/2.png"]
    found = arrange(Listing(pictures=pictures), "set")
    assert found.classes == ("b", "c")
    assert found.files == ("all/train/b/0.png", "all/train/c/0.png")
    assert found.held_out is None
    assert [str(each) for each in found.problems] == [
        "val: it is not used: it has no class folders."
    ]
