"""Weights that do not fit are refused in words that help, and the network stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import CheckpointError
from resnet_studio.models.checkpoints import load_into, network_from
from resnet_studio.models.resnet import ResNet, build_network
from resnet_studio.models.weights import WeightsFile

FILE = Path("somewhere/best.pth")


def _file(network: ResNet, **changes: torch.Tensor) -> WeightsFile:
    return WeightsFile(FILE, {**network.state_dict(), **changes})


def _refusal(network: ResNet, weights: WeightsFile) -> CheckpointError:
    """Asserts that the network is unharmed, and returns the error."""
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    versions = [tensor._version for tensor in network.state_dict().values()]
    with pytest.raises(CheckpointError) as refused:
        load_into(network, weights)
    assert versions == [tensor._version for tensor in network.state_dict().values()]
    assert all(torch.equal(before[n], t) for n, t in network.state_dict().items())
    assert refused.value.message.startswith("best.pth: ")
    assert refused.value.remedy
    return refused.value


def test_another_number_of_classes_is_named_with_the_remedy(tiny_spec):
    ten = build_network(tiny_spec.replace(classes=10), seed=0)
    thousand = build_network(tiny_spec.replace(classes=1000), seed=0)
    error = _refusal(thousand, _file(ten))
    assert "The file has 10 classes, this network 1000." in error.message
    assert "fc.weight: 10×16, not 1000×16" in error.message
    assert error.remedy == "Set the number of classes to 10, or choose another file."


def test_the_number_of_classes_is_named_from_the_files_own_description_too(tiny_spec):
    ten = build_network(tiny_spec.replace(classes=10), seed=0)
    error = _refusal(
        build_network(tiny_spec, seed=0), WeightsFile(FILE, ten.state_dict(), spec=ten.spec)
    )
    assert "The file has 10 classes, this network 4." in error.message
    assert "another network" not in error.message


def test_another_network_is_refused_with_some_of_its_names():
    error = _refusal(
        build_network(CATALOG["cifar_resnet20"].spec, seed=0),
        _file(build_network(CATALOG["cifar_resnet32"].spec, seed=0)),
    )
    assert "weights are of another network" in error.message
    assert "72 names are unknown to this network (layer1.3.conv1.weight" in error.message
    assert ", …)" in error.message
    assert "cifar_resnet32" in error.remedy
    assert len(error.message) < 400


def test_missing_names_are_given():
    network = build_network(CATALOG["cifar_resnet20"].spec, seed=0)
    state = {n: t for n, t in network.state_dict().items() if n not in ("fc.bias", "bn1.bias")}
    error = _refusal(network, WeightsFile(FILE, state))
    assert "2 names are missing in the file (bn1.bias, fc.bias)." in error.message


def test_the_network_of_the_catalogue_that_fits_is_named_with_its_classes():
    resnet18 = build_network(CATALOG["resnet18"].spec.replace(classes=7), seed=0)
    network = build_network(NetworkSpec(block="basic", depths=(1, 1, 1, 1)), seed=0)
    error = _refusal(network, _file(resnet18))
    assert "The file has 7 classes, this network 1000." in error.message
    assert error.remedy == "The file fits resnet18 with 7 classes: choose that network."


def test_a_plain_network_is_told_from_a_residual_one_by_the_files_description():
    plain, residual = (CATALOG[name].spec for name in ("cifar_plain20", "cifar_resnet20"))
    weights = WeightsFile(FILE, build_network(plain, seed=0).state_dict(), spec=plain)
    error = _refusal(build_network(residual, seed=0), weights)
    assert "shortcut is none in the file and A here." in error.message
    assert "cifar_plain20" in error.remedy


def test_what_only_names_or_starts_a_network_may_differ(tiny):
    spec = tiny.spec.replace(
        name="other", zero_init_residual=True, initialisation="fan_in", input_size=64
    )
    load_into(tiny, WeightsFile(FILE, build_network(tiny.spec, seed=2).state_dict(), spec=spec))
    assert torch.equal(tiny.fc.weight, build_network(tiny.spec, seed=2).fc.weight)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("name", ["layer2.0.conv1.weight", "bn1.running_mean", "fc.bias"])
def test_a_value_that_is_no_number_is_refused_by_name(tiny, name, value):
    broken = tiny.state_dict()[name].clone()
    broken.view(-1)[3] = value
    error = _refusal(tiny, _file(tiny, **{name: broken}))
    assert f"{name} has 1 of {broken.numel():,} values that are NaN or infinite" in error.message


def test_what_overflows_in_the_networks_precision_is_refused(tiny):
    broken = tiny.fc.bias.detach().double()
    broken[0] = 1e300
    assert "fc.bias has 1 of 4 values" in _refusal(tiny, _file(tiny, **{"fc.bias": broken})).message


def test_a_negative_variance_is_refused(tiny):
    broken = tiny.bn1.running_var.clone()
    broken[0] = -1
    error = _refusal(tiny, _file(tiny, **{"bn1.running_var": broken}))
    assert "bn1.running_var has negative variances" in error.message


def test_integers_are_no_weights(tiny):
    broken = torch.zeros_like(tiny.fc.weight, dtype=torch.int8)
    error = _refusal(tiny, _file(tiny, **{"fc.weight": broken}))
    assert "fc.weight holds int8 where the network has float32" in error.message


def test_long_and_many_names_make_a_short_message(tiny):
    strange = {f"{'x' * 5000}{n}": torch.ones(1) for n in range(2000)}
    error = _refusal(tiny, _file(tiny, **strange))
    assert "2,000 names are unknown" in error.message
    assert len(str(error)) < 600


def test_a_huge_network_is_refused_before_memory_is_taken(tiny, monkeypatch):
    def take(*_, **__):
        raise AssertionError("memory was taken")

    monkeypatch.setattr(ResNet, "to_empty", take)
    huge = NetworkSpec(block="basic", depths=(6, 6), widths=(2048, 2048), stem="cifar")
    with pytest.raises(CheckpointError, match="another network"):
        network_from(_file(tiny), huge)


def test_a_head_of_another_form_is_refused(tiny):
    error = _refusal(tiny, _file(tiny, **{"fc.weight": torch.tensor(1.0)}))
    assert "fc.weight: a single number, not 4×16" in error.message
