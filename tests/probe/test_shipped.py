"""The trained networks that come with the program are what their cards say."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from resnet_studio.architecture.catalog import get
from resnet_studio.data.imaging import picture_from_array
from resnet_studio.data.sources import DataConfig, load_dataset
from resnet_studio.errors import CheckpointError
from resnet_studio.probe.network import WeightsChoice, load_network, usual_weights
from resnet_studio.probe.predict import classify
from resnet_studio.probe.shipped import shipped_for, shipped_weights

MOST_BYTES = 4_000_000
SHIPPED = {each.id: each for each in shipped_weights()}


@pytest.fixture(params=SHIPPED.values(), ids=SHIPPED)
def shipped(request):
    return request.param


def loaded(shipped):
    return load_network(shipped.spec, WeightsChoice(kind="shipped", name=shipped.id))


def test_one_for_photographs_and_one_for_digits_come_with_the_program():
    assert {"cifar10_resnet20", "digits_resnet20"} <= set(SHIPPED)


def test_a_card_says_how_its_weights_were_made_and_which_file_it_means(shipped):
    card = shipped.card
    for what in ("about", "data", "validation", "result", "hardware", "date", "limits"):
        assert card[what].strip(), what
    assert all(command.startswith("resnet-studio train ") for command in card["command"])
    assert f"{100 * card['accuracy']:.2f} %" in card["result"]
    content = shipped.path.read_bytes()
    assert hashlib.sha256(content).hexdigest() == card["sha256"]
    assert len(content) <= MOST_BYTES


def test_they_load_into_their_network_and_name_their_classes(shipped):
    network = loaded(shipped)
    assert network.trained
    assert not network.assumed
    assert len(network.classes) == shipped.spec.classes
    assert shipped.id in network.description


def test_the_digits_that_were_held_out_are_told_as_often_as_the_card_says():
    shipped = SHIPPED["digits_resnet20"]
    network = loaded(shipped)
    held_out = load_dataset(DataConfig()).validation
    right = sum(
        classify(network, picture_from_array(held_out.picture(index)), top=1)[0].index
        == held_out.labels[index]
        for index in range(len(held_out.labels))
    )
    assert len(held_out.labels) == shipped.card["validation_pictures"]
    # The card's figure was measured in bf16: one picture may fall to the other side.
    assert abs(right - shipped.card["accuracy"] * len(held_out.labels)) <= 1.001


def test_a_network_begins_with_the_weights_that_are_its_own_and_else_with_random_ones():
    assert usual_weights(get("cifar_resnet20").spec).name == "cifar10_resnet20"
    assert usual_weights(get("resnet18").spec).kind == "random"
    assert shipped_for(get("cifar_resnet20").spec.replace(classes=7)) is None


def test_weights_that_do_not_come_with_the_program_are_refused_by_name():
    with pytest.raises(CheckpointError, match="nobody"):
        load_network(get("resnet18").spec, WeightsChoice(kind="shipped", name="nobody"))


def test_they_are_read_and_never_written(shipped):
    before = shipped.path.read_bytes()
    network = loaded(shipped)
    pixels = np.zeros((40, 50, 3), np.uint8)
    assert classify(network, picture_from_array(pixels))
    assert shipped.path.read_bytes() == before
