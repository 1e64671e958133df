from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest
import torch

from resnet_studio import models
from resnet_studio.architecture.class_names import numbered_names
from resnet_studio.data.augment import IMAGENET, PRESETS, AugmentSpec, Normalise, Resize
from resnet_studio.errors import CheckpointError
from resnet_studio.files import sha256_of
from resnet_studio.probe.network import (
    OtherNetworkError,
    WeightsChoice,
    class_names,
    load_network,
)


def _same_weights(one, other) -> bool:
    pairs = zip(one.model.state_dict().values(), other.model.state_dict().values(), strict=True)
    return all(torch.equal(mine, theirs) for mine, theirs in pairs)


@pytest.fixture
def saved(tiny_spec, tmp_path):
    """Weights of seed 5 as the program saves them after training, and their file."""
    model = models.build_network(tiny_spec, seed=5)
    path = tmp_path / "trained.safetensors"
    models.save_weights(
        path,
        model,
        classes=("ant", "bee", "cow", "dog", "elk"),
        preprocessing=PRESETS["digits_val"].to_dict(),
        info={},
    )
    return model, path


def test_random_weights_depend_on_the_seed_alone(tiny_spec):
    before = torch.get_rng_state()
    first = load_network(tiny_spec, WeightsChoice(seed=3))
    again = load_network(tiny_spec, WeightsChoice(seed=3))
    other = load_network(tiny_spec, WeightsChoice(seed=4))
    assert _same_weights(first, again)
    assert not _same_weights(first, other)
    assert torch.equal(torch.get_rng_state(), before)
    assert not first.trained
    assert first.description == "random weights, seed 3"


def test_the_network_is_ready_to_look_and_not_to_learn(tiny):
    assert not any(module.training for module in tiny.model.modules())
    assert not any(parameter.requires_grad for parameter in tiny.model.parameters())


def test_without_a_file_the_input_size_decides_the_preprocessing(tiny_spec, tiny_pooled_spec):
    assert load_network(tiny_spec).preprocessing == PRESETS["cifar_val"]
    large = load_network(tiny_pooled_spec.replace(input_size=224))
    assert large.preprocessing == PRESETS["imagenet_val"]


def test_a_file_brings_its_weights_classes_and_preprocessing(tiny_spec, saved):
    model, path = saved
    network = load_network(tiny_spec, WeightsChoice("run", str(path), name="run 7"))
    for name, tensor in model.state_dict().items():
        assert torch.equal(network.model.state_dict()[name], tensor)
    assert network.classes == ("ant", "bee", "cow", "dog", "elk")
    assert network.preprocessing == PRESETS["digits_val"]
    assert network.trained
    assert network.description == "weights of the run run 7"


def test_placeholders_that_were_stored_are_assumed_and_not_read(tiny_spec, tmp_path):
    path, preprocessing = tmp_path / "own.safetensors", PRESETS["digits_val"].to_dict()
    model = models.build_network(tiny_spec)
    models.save_weights(path, model, classes=numbered_names(5), preprocessing=preprocessing)
    network = load_network(tiny_spec, WeightsChoice("file", str(path)))
    assert network.classes == numbered_names(5)
    assert [each.field for each in network.assumed] == ["classes"]


def test_name_and_input_size_do_not_make_another_network(tiny_spec, saved):
    spec = tiny_spec.replace(name="renamed", input_size=48)
    assert load_network(spec, WeightsChoice("file", str(saved[1]))).spec is spec


def test_a_file_of_another_network_names_it_so_that_one_can_switch(tiny_spec, saved):
    other = tiny_spec.replace(widths=(4, 16), classes=7)
    with pytest.raises(OtherNetworkError, match="5 classes") as caught:
        load_network(other, WeightsChoice("file", str(saved[1])))
    assert caught.value.spec == tiny_spec
    assert "tiny" in caught.value.remedy


def test_a_foreign_file_of_another_network_offers_the_one_that_it_tells_of(
    tiny_spec, tiny_pooled_spec, tmp_path
):
    path = tmp_path / "foreign.pth"
    made = models.build_network(tiny_pooled_spec, seed=0)
    torch.save({"state_dict": made.state_dict(), "epoch": 3}, path)
    with pytest.raises(OtherNetworkError, match=r"foreign\.pth holds") as caught:
        load_network(tiny_spec, WeightsChoice("file", str(path)))
    assert caught.value.spec.depths == tiny_pooled_spec.depths
    assert caught.value.spec.classes == tiny_pooled_spec.classes
    loaded = load_network(caught.value.spec, WeightsChoice("file", str(path)))
    assert _same_weights(loaded, load_network(tiny_pooled_spec))


def test_a_file_of_no_residual_network_is_refused_whatever_is_shown(tiny_spec, tmp_path):
    path = tmp_path / "words.pth"
    torch.save(torch.nn.Linear(3, 4).state_dict(), path)
    with pytest.raises(
        CheckpointError, match=r"words\.pth: it holds no residual network"
    ) as caught:
        load_network(tiny_spec, WeightsChoice("file", str(path)))
    assert not isinstance(caught.value, OtherNetworkError)


def _padding_on_both_sides(tiny_spec, path):
    """Writes weights under the names of the family that pads so."""
    spec = tiny_spec.replace(
        depths=(1, 1, 1), widths=(4, 8, 16), shortcut="A", zero_padding="both", stem_width=4
    )
    state = models.build_network(spec, seed=4).state_dict()
    named = {name.replace("fc.", "linear."): tensor for name, tensor in state.items()}
    torch.save({"state_dict": {f"module.{name}": t for name, t in named.items()}}, path)
    return spec


def test_a_file_whose_family_pads_otherwise_asks_before_it_is_read_otherwise(tiny_spec, tmp_path):
    path = tmp_path / "both.th"
    both = _padding_on_both_sides(tiny_spec, path)
    ends = both.replace(zero_padding="end")
    with pytest.raises(OtherNetworkError) as caught:
        load_network(ends, WeightsChoice("file", str(path)))
    assert caught.value.spec.zero_padding == "both"
    sure = WeightsChoice("file", str(path), answers=(("zero_padding", "end"),))
    assert load_network(ends, sure).spec is ends


def test_a_foreign_file_is_normalised_as_its_family_is_or_as_the_person_says(tiny_spec, tmp_path):
    path = tmp_path / "both.th"
    spec = _padding_on_both_sides(tiny_spec, path)
    assert load_network(spec, WeightsChoice("file", str(path))).preprocessing.normalise == IMAGENET
    answers = (("mean", (0.1, 0.2, 0.3)), ("std", (1, 1, 1)), ("classes", tuple("abcde")))
    told = load_network(spec, WeightsChoice("file", str(path), answers=answers))
    assert told.preprocessing.normalise == Normalise(mean=(0.1, 0.2, 0.3), std=(1, 1, 1))
    assert told.classes == ("a", "b", "c", "d", "e")
    assert "normalisation" not in {each.field for each in told.assumed}


@pytest.mark.parametrize(
    ("classes", "preprocessing", "assumed"),
    [
        (None, None, {"normalisation", "classes"}),
        (tuple("vwxyz"), None, {"normalisation"}),
        (None, PRESETS["digits_val"].to_dict(), {"classes"}),
    ],
)
def test_what_an_own_file_leaves_open_is_assumed_or_as_the_person_says(
    tiny_spec, tmp_path, classes, preprocessing, assumed
):
    path = tmp_path / "own.safetensors"
    model = models.build_network(tiny_spec, seed=5)
    models.save_weights(path, model, classes=classes, preprocessing=preprocessing, info={})
    silent = load_network(tiny_spec, WeightsChoice("file", str(path)))
    assert {each.field for each in silent.assumed} == assumed
    answers = (("mean", (0.1, 0.2, 0.3)), ("std", (1, 1, 1)), ("classes", tuple("abcde")))
    asked = tuple(each for each in answers if each[0] == "classes" or preprocessing is None)
    asked = tuple(each for each in asked if each[0] != "classes" or classes is None)
    for given in (asked, answers):  # what the file does say is not to be answered
        told = load_network(tiny_spec, WeightsChoice("file", str(path), answers=given))
        assert told.assumed == ()
        assert told.classes == (classes or tuple("abcde"))
        if preprocessing is None:
            last = Normalise(mean=(0.1, 0.2, 0.3), std=(1, 1, 1))
            assert told.preprocessing.normalise == last
        else:
            assert told.preprocessing == PRESETS["digits_val"]


def test_a_foreign_file_that_fits_gets_numbered_classes(tiny_spec, tmp_path):
    path = tmp_path / "plain.pth"
    torch.save(models.build_network(tiny_spec, seed=9).state_dict(), path)
    network = load_network(tiny_spec, WeightsChoice("file", str(path)))
    assert network.classes == ("class 0", "class 1", "class 2", "class 3", "class 4")
    assert _same_weights(network, load_network(tiny_spec, WeightsChoice(seed=9)))


def test_preprocessing_that_makes_no_sense_is_the_files_fault(tiny_spec, tmp_path):
    path = tmp_path / "odd.safetensors"
    model = models.build_network(tiny_spec, seed=0)
    models.save_weights(
        path, model, classes=None, preprocessing={"steps": [{"kind": "explode"}]}, info={}
    )
    with pytest.raises(CheckpointError, match=r"odd\.safetensors"):
        load_network(tiny_spec, WeightsChoice("file", str(path)))


def test_a_thousand_classes_are_called_as_in_imagenet():
    names = class_names(1000)
    assert len(names) == 1000
    assert names[0] == "tench"
    assert names[963] == "pizza"


@pytest.fixture
def offer(tiny_spec, tmp_path, monkeypatch):
    """Weights that torchvision would offer for the tiny network, already downloaded."""
    path = tmp_path / "tiny.pth"
    torch.save(models.build_network(tiny_spec, seed=6).state_dict(), path)
    real = models.pretrained_weights(_resnet18())[0]
    entry = dataclasses.replace(
        real,
        network="tiny",
        name="TINY_V2",
        sha256_prefix=sha256_of(path)[:8],
        categories=("a", "b", "c", "d", "e"),
        resize_size=40,
        crop_size=32,
    )
    monkeypatch.setattr(models, "pretrained_weights", lambda _spec: (entry,))
    return WeightsChoice("pretrained", str(path), name="TINY_V2")


def _resnet18():
    from resnet_studio.architecture.catalog import get

    return get("resnet18").spec


def test_pretrained_weights_come_with_their_own_classes_and_crop(tiny_spec, offer):
    network = load_network(tiny_spec, offer)
    assert network.classes == ("a", "b", "c", "d", "e")
    first, second, _ = network.preprocessing.steps
    assert isinstance(network.preprocessing, AugmentSpec)
    assert first == Resize(size=40)
    assert second.size == 32
    assert _same_weights(network, load_network(tiny_spec, WeightsChoice(seed=6)))


def test_a_pretrained_file_that_is_not_the_published_one_is_refused(tiny_spec, offer):
    torch.save(models.build_network(tiny_spec, seed=1).state_dict(), offer.path)
    with pytest.raises(CheckpointError, match="SHA-256"):
        load_network(tiny_spec, offer)


def test_pretrained_weights_that_are_not_offered_are_refused(tiny_spec, offer):
    with pytest.raises(CheckpointError, match="TINY_V9") as caught:
        load_network(tiny_spec, dataclasses.replace(offer, name="TINY_V9"))
    assert "TINY_V2" in caught.value.remedy


def test_the_probe_can_be_imported_before_torch():
    code = (
        "import sys, resnet_studio.probe.network, resnet_studio.probe.predict, "
        "resnet_studio.probe.activations, resnet_studio.probe.mosaic\n"
        "sys.exit('torch' in sys.modules or 'PySide6' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
