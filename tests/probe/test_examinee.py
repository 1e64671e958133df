"""A file of weights is evaluated as it says itself, else as is usual, else as the person says."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from resnet_studio import models
from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.class_names import numbered_names
from resnet_studio.data.augment import (
    CIFAR10,
    HALVES,
    IMAGENET,
    AugmentSpec,
    CenterCrop,
    Normalise,
    Resize,
    ResizeExact,
)
from resnet_studio.errors import CheckpointError, SpecError
from resnet_studio.files import sha256_of
from resnet_studio.probe.evaluate import AS_IT_IS
from resnet_studio.probe.examinee import Answers, open_examinee

OWN = AugmentSpec(name="mine", steps=(ResizeExact(size=40), HALVES))


@pytest.fixture
def own_file(tiny_spec, tmp_path):
    """A file of this program with names and preprocessing."""
    path = tmp_path / "own.safetensors"
    model = models.build_network(tiny_spec, seed=1)
    models.save_weights(path, model, classes=tuple("vwxyz"), preprocessing=OWN.to_dict())
    return path


@pytest.fixture
def foreign_file(tiny_spec, tmp_path):
    """The state dict of a CIFAR network, as parallel training leaves it."""
    return foreign(tiny_spec, tmp_path)


def foreign(spec, folder: Path) -> Path:
    state = models.build_network(spec, seed=1).state_dict()
    torch.save({f"module.{name}": tensor for name, tensor in state.items()}, folder / "f.pth")
    return folder / "f.pth"


def fields(examinee) -> set[str]:
    return {each.field for each in examinee.found.assumed}


# What the file says


def test_a_file_of_this_program_says_all_itself(own_file, tiny_spec):
    examinee = open_examinee(own_file)
    assert examinee.network.spec == tiny_spec
    assert examinee.network.preprocessing == OWN
    assert (examinee.names, examinee.names_from) == (tuple("vwxyz"), "file")
    assert not examinee.leave_right_size
    assert examinee.found.assumed == ()
    assert not examinee.network.model.training


def test_placeholders_that_were_stored_are_no_names(tiny_spec, tmp_path):
    path = tmp_path / "exported.safetensors"
    models.save_weights(path, models.build_network(tiny_spec), classes=numbered_names(5))
    examinee = open_examinee(path)
    assert examinee.found.classes is None
    assert "classes" in fields(examinee)
    assert (examinee.names, examinee.names_from) == (None, "assumption")
    assert examinee.network.classes == numbered_names(5)


def test_the_weights_are_those_of_the_file(foreign_file, tiny_spec):
    expected = models.build_network(tiny_spec, seed=1).state_dict()
    state = open_examinee(foreign_file).network.model.state_dict()
    assert all(torch.equal(state[name], expected[name]) for name in expected)


def test_a_foreign_file_is_normalised_as_assumed(foreign_file):
    examinee = open_examinee(foreign_file)
    assert examinee.network.preprocessing.steps == (Resize(size=32), CenterCrop(size=32), CIFAR10)
    assert examinee.leave_right_size
    assert examinee.names is None
    assert {"normalisation", "input_size"} <= fields(examinee)


def test_a_network_of_a_thousand_outputs_may_have_imagenets_names(tiny_pooled_spec, tmp_path):
    examinee = open_examinee(foreign(tiny_pooled_spec.replace(classes=1000), tmp_path))
    assert examinee.names is not None
    assert examinee.names[:2] == ("tench", "goldfish")
    assert examinee.names_from == "assumption"
    assert examinee.network.preprocessing.steps == (
        *(Resize(size=256), CenterCrop(size=224)),
        IMAGENET,
    )


def test_a_file_that_torchvision_publishes_has_its_preprocessing(
    tiny_pooled_spec, tmp_path, monkeypatch
):
    path = foreign(tiny_pooled_spec.replace(classes=1000), tmp_path)
    offers = models.pretrained_weights(get("resnet50").spec)
    published = dataclasses.replace(offers[0], sha256_prefix=sha256_of(path)[:8])
    monkeypatch.setattr(models, "pretrained_weights", lambda _spec: (offers[1], published))
    examinee = open_examinee(path)
    assert examinee.network.preprocessing.steps[0] == Resize(size=232)
    assert not examinee.leave_right_size
    assert "normalisation" not in fields(examinee)


# What the person says


def test_the_person_names_the_outputs_whatever_the_file_says(own_file):
    examinee = open_examinee(own_file, Answers(classes=tuple("abcde")))
    assert (examinee.names, examinee.names_from) == (tuple("abcde"), "person")


def test_a_mean_and_deviation_take_the_place_of_the_files_alone(own_file):
    said = Answers(mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))
    steps = open_examinee(own_file, said).network.preprocessing.steps
    assert steps == (ResizeExact(size=40), Normalise(mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6)))


def test_a_mean_of_zero_is_an_answer(own_file):
    steps = open_examinee(own_file, Answers(mean=(0.0, 0.0, 0.0))).network.preprocessing.steps
    assert steps[-1] == Normalise(mean=(0.0, 0.0, 0.0), std=HALVES.std)


def test_a_normalisation_may_be_named(own_file, foreign_file):
    for path in (own_file, foreign_file):
        said = Answers(fields={"normalisation": "ImageNet"})
        assert open_examinee(path, said).network.preprocessing.normalise == IMAGENET


@pytest.mark.parametrize("size", [None, 48])
def test_a_file_that_does_not_normalise_is_not_normalised(tiny_spec, tmp_path, size):
    path = tmp_path / "own.safetensors"
    plain = AugmentSpec(steps=(ResizeExact(size=40),))
    model = models.build_network(tiny_spec, seed=1)
    models.save_weights(path, model, preprocessing=plain.to_dict())
    preprocessing = open_examinee(path, Answers(size=size)).network.preprocessing
    assert (preprocessing.normalise or AS_IT_IS) == AS_IT_IS
    said = Answers(mean=(0.5, 0.5, 0.5), size=size)
    assert open_examinee(path, said).network.preprocessing.normalise == Normalise(
        mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0)
    )


def test_a_size_takes_the_place_of_the_files_resizing(own_file):
    examinee = open_examinee(own_file, Answers(size=80))
    assert examinee.network.preprocessing.steps == (Resize(size=91), CenterCrop(size=80), HALVES)
    assert examinee.leave_right_size
    assert examinee.network.spec.input_size == 80


def test_what_is_answered_is_not_assumed_any_more(foreign_file):
    said = Answers(mean=(0.5, 0.5, 0.5), size=48, fields={"order": "bn_after_addition"})
    examinee = open_examinee(foreign_file, said)
    assert not {"normalisation", "input_size", "order"} & fields(examinee)
    assert examinee.network.spec.order == "bn_after_addition"
    assert examinee.network.preprocessing.normalise == Normalise(
        mean=(0.5, 0.5, 0.5), std=CIFAR10.std
    )


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Answers(size=0), "size is 0"),
        (Answers(size=-3), "size is -3"),
        (Answers(size=10**9), "input_size"),
        (Answers(std=(1.0, 0.0, 1.0)), "std"),
        (Answers(mean=(float("nan"), 0.0, 0.0)), "mean"),
        (Answers(fields={"order": "backwards"}), "order"),
        (Answers(fields={"no_such_field": 1}), "no_such_field"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(foreign_file, said, field):
    with pytest.raises(SpecError) as caught:
        open_examinee(foreign_file, said)
    assert field in str(caught.value)
    assert caught.value.remedy


def test_an_answer_that_does_not_fit_the_file_is_refused(foreign_file):
    with pytest.raises(CheckpointError) as caught:
        open_examinee(foreign_file, Answers(fields={"depths": (2, 2)}))
    assert "f.pth" in caught.value.message


def test_preprocessing_that_cannot_be_used_is_refused(tiny_spec, tmp_path):
    path = tmp_path / "own.safetensors"
    steps = {"steps": [{"kind": "resize", "size": 0}]}
    models.save_weights(path, models.build_network(tiny_spec, seed=1), preprocessing=steps)
    with pytest.raises(CheckpointError) as caught:
        open_examinee(path)
    assert "own.safetensors" in caught.value.message
    assert "--size" in caught.value.remedy
