"""Folders meet outputs by name, or in alphabetical order, or not at all."""

from __future__ import annotations

import pytest

from resnet_studio.errors import DataError
from resnet_studio.probe.labels import Folders, label_outputs


def folders(*used: str, empty: tuple[str, ...] = ()) -> Folders:
    return Folders("pets", tuple(sorted(used)), tuple(sorted((*used, *empty))))


def refusal(*arguments, **options) -> DataError:
    with pytest.raises(DataError) as caught:
        label_outputs(*arguments, **options)
    assert "--classes" in caught.value.remedy or "rename" in caught.value.remedy
    return caught.value


def test_names_give_the_order_of_the_outputs():
    found = label_outputs(folders("cat", "dog", "ant"), 3, ["dog", "cat", "ant"])
    assert found.outputs == {"dog": 0, "cat": 1, "ant": 2}
    assert found.names == ("dog", "cat", "ant")
    assert found.skipped == ()
    assert found.certain


def test_case_and_the_storing_of_accents_may_differ():
    composed, apart = "\N{LATIN SMALL LETTER E WITH ACUTE}", "E\N{COMBINING ACUTE ACCENT}"
    found = label_outputs(folders("Cat", composed), 2, ["cat", apart])
    assert found.outputs == {"Cat": 0, composed: 1}


def test_an_exact_name_goes_before_one_in_another_case():
    found = label_outputs(folders("cat", "Cat"), 2, ["Cat", "cat"])
    assert found.outputs == {"Cat": 0, "cat": 1}


def test_two_outputs_alike_but_for_case_leave_a_third_spelling_in_doubt():
    error = refusal(folders("CAT", "dog"), 3, ["Cat", "cat", "dog"])
    assert "CAT may be one of the outputs 0 (Cat), 1 (cat)" in error.message


def test_two_outputs_of_one_name_leave_its_folder_in_doubt():
    assert "0 (crane), 2 (crane)" in refusal(folders("crane"), 3, ["crane", "a", "crane"]).message


def test_two_folders_for_one_output_are_refused():
    error = refusal(folders("cat", "Cat"), 2, ["cat", "dog"])
    assert "Cat and cat" in error.message
    assert "output 0" in error.message


def test_fewer_folders_than_outputs_are_enough_where_there_are_names():
    assert label_outputs(folders("dog"), 3, ["ant", "cat", "dog"]).outputs == {"dog": 2}


def test_a_folder_that_is_no_class_is_skipped_and_listed():
    found = label_outputs(folders("dog", "zebra"), 2, ["cat", "dog"])
    assert found.skipped == ("zebra",)
    assert found.outputs == {"dog": 1}


def test_no_folder_that_is_a_class_is_an_error_naming_both():
    error = refusal(folders("a", "b"), 2, ["cat", "dog"])
    assert "the folders are a, b" in error.message
    assert "the classes are cat, dog" in error.message
    assert "Rename the folders as the classes are called." in error.remedy


def test_a_wrong_number_of_names_is_an_error_naming_both_counts():
    error = refusal(folders("cat", "dog"), 3, ["cat", "dog"], "person")
    assert "2 classes are named and the network has 3 outputs" in error.message


def test_without_names_the_folders_stand_in_alphabetical_order():
    found = label_outputs(folders("dog", "Zebra", "cat"), 3, None)
    assert found.outputs == {"Zebra": 0, "cat": 1, "dog": 2}
    assert not found.certain
    assert "alphabetical" in found.note


def test_without_names_an_empty_folder_keeps_its_output():
    found = label_outputs(folders("ant", "dog", empty=("cat",)), 3, None)
    assert found.names == ("ant", "cat", "dog")
    assert found.outputs == {"ant": 0, "dog": 2}


def test_an_empty_folder_beside_enough_others_takes_no_output():
    found = label_outputs(folders("cat", "dog", empty=("a_notes",)), 2, None)
    assert found.outputs == {"cat": 0, "dog": 1}


@pytest.mark.parametrize("outputs", [2, 4, 1000])
def test_without_names_the_counts_must_agree(outputs):
    error = refusal(folders("ant", "cat", "dog"), outputs, None)
    assert f"{outputs:,} outputs" in error.message
    assert "3 folders" in error.message
    assert "ant, cat, dog" in error.message


def test_assumed_names_are_taken_where_every_folder_has_one():
    found = label_outputs(folders("dog", "cat"), 3, ["dog", "ant", "cat"], "assumption")
    assert found.outputs == {"dog": 0, "cat": 2}
    assert not found.certain


@pytest.mark.parametrize("names", [["dog", "ant", "bee"], ["cat", "cat", "dog"], ["cat", "dog"]])
def test_assumed_names_that_leave_a_doubt_give_way_to_the_alphabet(names):
    found = label_outputs(folders("ant", "cat", "dog"), 3, names, "assumption")
    assert found.outputs == {"ant": 0, "cat": 1, "dog": 2}


def test_folders_that_are_no_class_of_imagenet_are_told_how_they_would_be_matched():
    names = ["tench", "beagle", *map(str, range(998))]
    error = refusal(folders("n02088364", "beagle"), 1000, names, "assumption")
    assert "1 folder of pets has none of them: n02088364." in error.message
    assert "ImageNet" in error.message
    assert "Rename the folders" in error.remedy
    assert "all 1,000 outputs" in error.remedy


def test_a_folder_in_doubt_between_assumed_names_is_named():
    error = refusal(folders("crane"), 3, ["crane", "dog", "crane"], "assumption")
    assert "The folder crane may be one of the outputs 0 (crane), 2 (crane)." in error.message


def test_with_fewer_folders_than_outputs_the_names_of_all_are_asked_for():
    assert "Name all 7 outputs" in refusal(folders("ant", "bee"), 7, None).remedy
    assert "Name all 3 outputs" in refusal(folders("a"), 3, ["ant", "bee", "cow"]).remedy


def test_long_lists_of_names_are_cut():
    many = [f"kind {number}" for number in range(1000)]
    assert "and 992 more" in refusal(folders("a", "b"), 1000, many).message
