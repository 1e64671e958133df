"""Files of other programs open by themselves, and compute what those programs compute."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import timm
import torch
import torchvision
from hypothesis import given, settings
from torch import Tensor, nn

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.errors import CheckpointError, SpecError
from resnet_studio.models import (
    Identified,
    WeightsFile,
    build_network,
    identify,
    network_from,
    read_weights,
    save_weights,
)
from resnet_studio.models.assumptions import NORMALISATIONS
from resnet_studio.models.outlines import shapes_of
from tests.architecture.strategies import small_specs
from tests.models import foreign

FILE = Path("somewhere/best.pth")


def _opened(folder: Path, content: Any, *, name: str = "weights.pth") -> Identified:
    """Writes the content as its program would and opens the file."""
    torch.save(content, folder / name)
    return identify(read_weights(folder / name))


def _outputs(network: nn.Module, *, size: int = 32) -> Tensor:
    pictures = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        return network.eval()(pictures)


def _assert_same(found: Identified, theirs: nn.Module, *, size: int = 32) -> None:
    """Asserts that the file's network computes what the one that wrote it computes."""
    expected = _outputs(theirs, size=size)
    scale = expected.abs().max().item()
    assert scale > 1e-3  # else nothing is compared
    ours = _outputs(network_from(found.weights), size=size)
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5 * scale)


def _assumed(found: Identified) -> dict[str, Any]:
    return {each.field: each.value for each in found.assumed}


# -- torchvision and timm -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnext50_32x4d", "wide_resnet50_2"])
def test_torchvisions_networks_open_under_their_names(name, tmp_path):
    theirs = foreign.stirred(torchvision.models.get_model(name, num_classes=6))
    found = _opened(tmp_path, theirs.state_dict())
    assert found.spec == CATALOG[name].spec.replace(classes=6)
    assert found.family == "torchvision"
    assert (found.mean, found.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    _assert_same(found, theirs, size=64)


@pytest.mark.parametrize(
    ("name", "family", "ours"),
    [
        ("resnet18", "torchvision", "resnet18"),
        ("resnet18d", "timm", "resnet18d"),
        ("resnet26", "torchvision", "inferred ResNet-26"),
        ("resnet50c", "timm", "resnet50c"),
        ("resnet50s", "timm", "inferred ResNet-50"),
        ("seresnet18", "timm", "inferred ResNet-18"),
        ("seresnet50", "timm", "seresnet50"),
        ("resnetv2_18", "timm ResNetV2", "inferred ResNet-18"),
        ("resnetv2_34d", "timm ResNetV2", "inferred ResNet-34"),
        ("resnetv2_50", "timm ResNetV2", "preact_resnet50"),
    ],
)
def test_timms_networks_open(name, family, ours, tmp_path):
    theirs = foreign.stirred(timm.create_model(name, num_classes=5))
    found = _opened(tmp_path, theirs.state_dict())
    assert (found.family, found.spec.name, found.spec.classes) == (family, ours, 5)
    _assert_same(found, theirs, size=64)


def test_timms_narrower_squeezes_are_widened_by_zeros_and_it_is_said(tmp_path):
    theirs = timm.create_model("seresnet18", num_classes=5)
    found = _opened(tmp_path, theirs.state_dict())
    assert found.spec.se_reduction == 8
    assert "channels of zeros" in found.notes[0]
    widened = found.state["layer4.1.se.fc1.weight"]
    assert widened.shape == (64, 512, 1, 1)
    assert torch.equal(widened[:32], theirs.state_dict()["layer4.1.se.fc1.weight"])
    assert not widened[32:].any()


@pytest.mark.parametrize("name", ["resnetaa50.pth", "ResNetBlur50_a1h.pth"])
def test_a_name_that_speaks_of_anti_aliasing_is_noted(name, tmp_path):
    state = timm.create_model("resnet18", num_classes=5).state_dict()
    (note,) = _opened(tmp_path, state, name=name).notes
    assert "anti-aliased" in note
    assert not _opened(tmp_path, state).notes


def test_timms_second_generation_is_read_as_its_program_has_it(tmp_path):
    theirs = foreign.stirred(timm.create_model("resnetv2_18d", num_classes=5))
    found = _opened(tmp_path, theirs.state_dict())
    assert _assumed(found)["projection"] == "avgpool"
    assert _assumed(found)["shared_first_activation"] is False
    assert (found.mean, found.std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    _assert_same(found, theirs, size=64)
    otherwise = found.answered(projection="conv")
    assert "layer2.0.downsample.0.weight" in otherwise.state
    with pytest.raises(AssertionError):
        _assert_same(otherwise, theirs, size=64)


def test_safetensors_of_timm_open(tmp_path):
    theirs = foreign.stirred(timm.create_model("resnet18d", num_classes=3))
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(theirs.state_dict(), path, metadata={"format": "pt"})
    found = identify(read_weights(path))
    assert (found.spec.name, found.format) == ("resnet18d", "safetensors")
    _assert_same(found, theirs, size=64)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnetv2_50d_gn", "normalises without running means"),
        ("resnetv2_50x1_bit", "normalises without running means"),
        ("legacy_seresnet18", "first SE-ResNets"),
        ("ecaresnet26t", "layer1.0.se.conv.weight"),
        ("skresnet18", "no residual network that is known here"),
        ("resnet26t", "conv1"),
        ("densenet121", "DenseNet"),
        ("vgg11", "VGG"),
    ],
)
def test_timms_other_networks_are_refused_with_the_reason(name, words):
    state = timm.create_model(name, num_classes=2).state_dict()
    with pytest.raises(CheckpointError, match=words) as refused:
        identify(WeightsFile(FILE, state))
    assert refused.value.message.startswith("best.pth: ")
    assert "Choose weights of a residual network" in refused.value.remedy


# -- programs for CIFAR -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "family", "shortcut"),
    [
        (lambda: foreign.cifar(option="A both"), "CIFAR ResNet (option A)", "A"),
        (lambda: foreign.cifar(option="A end", head="fc"), "CIFAR ResNet", "A"),
        (lambda: foreign.cifar(option="B"), "CIFAR ResNet (option B)", "B"),
        (lambda: foreign.cifar(option="B", side="downsample", head="fc"), "CIFAR ResNet", "B"),
        (lambda: foreign.cifar(option="C", head="classifier"), "CIFAR ResNet", "C"),
        (
            lambda: foreign.cifar(option="B", widths=(8, 12, 16, 20), stem=8),
            "CIFAR ResNet (four stages)",
            "B",
        ),
        (foreign.four_stages_of_bottlenecks, "CIFAR ResNet (four stages)", "B"),
        (lambda: foreign.stirred(foreign.Wide(2)), "Wide ResNet (block1 to block3)", "B"),
        (lambda: foreign.stirred(foreign.Wide(1)), "Wide ResNet (block1 to block3)", "B"),
        (
            lambda: foreign.stirred(foreign.ConvX(bottleneck=False)),
            "CIFAR ResNet (conv2_x to conv5_x)",
            "B",
        ),
        (
            lambda: foreign.stirred(foreign.ConvX(bottleneck=True)),
            "CIFAR ResNet (conv2_x to conv5_x)",
            "B",
        ),
        (
            lambda: foreign.stirred(foreign.PreNet(bottleneck=False, last="bn")),
            "pre-activation ResNet",
            "B",
        ),
        (
            lambda: foreign.stirred(foreign.PreNet(bottleneck=True, last="bn1")),
            "pre-activation ResNet",
            "B",
        ),
        (lambda: foreign.stirred(foreign.Transformers()), "Hugging Face transformers", "B"),
    ],
)
def test_programs_for_cifar_and_others_open(make, family, shortcut, tmp_path):
    theirs = make()
    found = _opened(tmp_path, theirs.state_dict())
    assert (found.family, found.spec.shortcut, found.spec.classes) == (family, shortcut, 10)
    _assert_same(found, theirs)


@pytest.mark.parametrize(("depth", "layers"), [(3, 20), (9, 56)])
def test_the_published_networks_for_cifar_are_known(depth, layers, tmp_path):
    theirs = foreign.cifar(option="A both", widths=(16, 32, 64), depth=depth, stem=16)
    state = OrderedDict((f"module.{name}", t) for name, t in theirs.state_dict().items())
    found = _opened(tmp_path, {"state_dict": state, "best_prec1": 91.7, "epoch": 199})
    assert found.spec.depth == layers
    assert found.spec.zero_padding == "both"
    assert found.spec.input_size == found.input_size == 32
    assert found.mean == NORMALISATIONS["ImageNet"].mean
    assert found.ignored == ("best_prec1", "epoch")
    assert found.answered(zero_padding="end").spec.name == f"cifar_resnet{layers}"
    _assert_same(found, theirs)


def test_the_layout_of_option_a_decides_what_comes_out(tmp_path):
    theirs = foreign.cifar(option="A both")
    found = _opened(tmp_path, theirs.state_dict())
    assert _assumed(found)["zero_padding"] == "both"
    with pytest.raises(AssertionError):
        _assert_same(found.answered(zero_padding="end"), theirs)


def test_a_stride_on_the_first_convolution_can_be_answered(tmp_path):
    theirs = foreign.four_stages_of_bottlenecks(first=True)
    found = _opened(tmp_path, theirs.state_dict())
    assert _assumed(found)["stride_on"] == "3x3"
    _assert_same(found.answered(stride_on="1x1"), theirs)


def test_four_stages_with_a_linear_layer_are_normalised_as_their_program_does(tmp_path):
    found = _opened(tmp_path, foreign.four_stages_of_bottlenecks().state_dict())
    assert (found.mean[0], found.std[0]) == (0.4914, 0.2023)


def test_another_expansion_is_found(tmp_path):
    theirs = foreign.four_stages_of_bottlenecks(expansion=2)
    found = _opened(tmp_path, theirs.state_dict())
    assert found.spec.channels == (8, 12, 16, 20)
    _assert_same(found, theirs)


def test_pre_activation_without_a_last_normalisation_is_refused():
    state = foreign.PreNet(bottleneck=False, last=None).state_dict()
    with pytest.raises(CheckpointError, match="nothing normalises their last sum"):
        identify(WeightsFile(FILE, state))


# -- what lies around the state dict ------------------------------------------------------------


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {"net": state, "acc": 93.2, "epoch": 12},
        lambda state: {"network": state},
        lambda state: {"weights": state, "note": "best"},
        lambda state: {"ema": state, "epoch": 3},
        lambda state: {"model": {"state_dict": state}, "args": {"lr": 0.1}},
        lambda state: {"something": state},
        lambda state: {"state_dict": {f"model.{name}": t for name, t in state.items()}},
        lambda state: {f"module._orig_mod.{name}": t for name, t in state.items()},
        lambda state: {f"backbone.{name}": t for name, t in state.items()},
        lambda state: {
            **{f"module.{n}": t for n, t in state.items()},
            "n_averaged": torch.tensor(7),
        },
        lambda state: {n: t for n, t in state.items() if "num_batches" not in n},
        lambda state: {n: t.double() if t.is_floating_point() else t for n, t in state.items()},
    ],
)
def test_the_weights_are_found_wherever_they_lie(wrap, tmp_path):
    theirs = foreign.cifar(option="A both")
    found = _opened(tmp_path, wrap(theirs.state_dict()))
    _assert_same(found, theirs)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_opens_even_with_rounded_counters(dtype, tmp_path):
    theirs = foreign.cifar(option="B")
    found = _opened(tmp_path, {name: t.to(dtype) for name, t in theirs.state_dict().items()})
    assert found.state["conv1.weight"].dtype == dtype
    _assert_same(found, theirs.to(dtype).float())


def test_a_training_is_opened_without_its_optimiser(tmp_path):
    theirs = foreign.cifar(option="B")
    optimiser = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    theirs(torch.ones(2, 3, 32, 32)).sum().backward()
    optimiser.step()
    content = {"model": theirs.state_dict(), "optimizer": optimiser.state_dict(), "epoch": 4}
    found = _opened(tmp_path, content)
    assert found.ignored == ("optimizer", "epoch")
    _assert_same(found, theirs)


def test_averaged_weights_are_preferred_and_it_is_said(tmp_path):
    last, averaged = (foreign.cifar(option="B") for _ in range(2))
    found = _opened(
        tmp_path, {"state_dict": last.state_dict(), "state_dict_ema": averaged.state_dict()}
    )
    assert found.ignored == ("state_dict",)
    assert "averaged over the training ('state_dict_ema')" in found.notes[0]
    _assert_same(found, averaged)


def test_averages_of_the_parameters_alone_are_not_taken(tmp_path):
    theirs = foreign.cifar(option="B")
    averages = {name: tensor * 0 for name, tensor in theirs.named_parameters()}
    found = _opened(tmp_path, {"model": theirs.state_dict(), "ema": averages})
    assert "incomplete" in found.notes[0]
    _assert_same(found, theirs)


def test_another_head_beside_the_network_is_named_and_left_out(tmp_path):
    theirs = foreign.cifar(option="B")
    beside = {"aux_head.0.weight": torch.ones(3, 16, 1, 1), "rotation.weight": torch.ones(4, 16)}
    found = _opened(tmp_path, theirs.state_dict() | beside)
    assert found.ignored == ("aux_head.0.weight", "rotation.weight")
    _assert_same(found, theirs)


def test_names_of_the_classes_in_the_file_are_used(tmp_path):
    state = foreign.cifar(option="B").state_dict()
    names = {f"kind {number}": number for number in range(10)}
    found = _opened(tmp_path, {"state_dict": state, "class_to_idx": names})
    assert found.classes == tuple(names)
    assert "classes" not in _assumed(found)
    few = _opened(tmp_path, {"state_dict": state, "classes": ["one", "two"]})
    assert few.classes is None
    assert _assumed(few)["classes"] == "numbers"


# -- this program's own -------------------------------------------------------------------------


def test_an_own_file_tells_everything(tiny, tmp_path):
    path = tmp_path / "own.safetensors"
    last = {"kind": "normalise", "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]}
    save_weights(path, tiny, classes=tuple("abcd"), preprocessing={"steps": [last]})
    found = identify(read_weights(path))
    assert (found.spec, found.family, found.assumed) == (tiny.spec, "ResNet Studio", ())
    assert (found.mean, found.std) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert found.classes == ("a", "b", "c", "d")


@pytest.mark.parametrize("name", ["tutorial96", "cifar_highway20", "cifar_preact_resnet110"])
def test_an_own_state_dict_without_its_spec_is_known_again(name, tmp_path):
    spec = CATALOG[name].spec
    ours = foreign.stirred(build_network(spec, seed=2))
    found = _opened(tmp_path, ours.state_dict())
    assert found.family == "ResNet Studio"
    if name != "cifar_highway20":  # whose order nothing tells
        assert found.spec.name == name
        _assert_same(found, ours, size=spec.input_size)


def test_every_network_of_the_catalogue_is_found_from_its_shapes():
    wrong = {}
    for entry in CATALOG.values():
        shapes = shapes_of(entry.spec)
        state = {name: torch.zeros(shape, device="meta") for name, shape in shapes.items()}
        found = _identified_shapes(state)
        if found != shapes:
            wrong[entry.id] = sorted(set(found.items()) ^ set(shapes.items()))[:3]
    assert not wrong


def _identified_shapes(state: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    from resnet_studio.models.inference import infer

    return shapes_of(infer({name: tuple(tensor.shape) for name, tensor in state.items()}))


@settings(max_examples=60, deadline=None)
@given(small_specs(max_width=12))
def test_any_network_is_inferred_from_its_names_and_shapes(spec):
    shapes = shapes_of(spec)
    state = {
        name: torch.ones(shape, dtype=torch.long if name.endswith("tracked") else torch.float32)
        for name, shape in shapes.items()
    }
    found = identify(WeightsFile(FILE, state))
    assert shapes_of(found.spec) == shapes
    assert all(torch.equal(found.state[name], tensor) for name, tensor in state.items())
    assert (found.spec.depths, found.spec.channels) == (spec.depths, spec.channels)


# -- answers ------------------------------------------------------------------------------------


@pytest.fixture
def padded(tmp_path) -> Identified:
    return _opened(tmp_path, foreign.cifar(option="A both").state_dict())


def test_an_answer_takes_the_place_of_an_assumption(padded):
    answered = padded.answered(
        zero_padding="end",
        input_size=48,
        mean=[0, 0, 0.5],
        std=(1, 1, 2),
        classes=list("abcdefghij"),
    )
    assert (answered.spec.zero_padding, answered.input_size) == ("end", 48)
    assert (answered.mean, answered.std) == ((0.0, 0.0, 0.5), (1.0, 1.0, 2.0))
    assert answered.classes == tuple("abcdefghij")
    assert set(_assumed(answered)) == {"order", "shortcut", "stem"}
    assert padded.spec.zero_padding == "both"


def test_a_normalisation_can_be_named(padded):
    assert padded.answered(normalisation="halves").std == (0.5, 0.5, 0.5)
    with pytest.raises(SpecError, match="CIFAR-10") as refused:
        padded.answered(normalisation="thirds")
    assert refused.value.field == "normalisation"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"mean": (1, 2)}, "three numbers"),
        ({"std": (1, 0, 1)}, "above 0"),
        ({"std": (1, float("nan"), 1)}, "three numbers"),
        ({"mean": "abc"}, "three numbers"),
        ({"classes": ("one",)}, "names 1 classes; the file has 10"),
        ({"zero_padding": "left"}, "zero_padding"),
        ({"input_size": -3}, "input_size"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_answers_that_make_no_sense_are_refused(padded, answer, words):
    with pytest.raises(SpecError, match=words):
        padded.answered(**answer)


def test_an_answer_that_the_file_contradicts_is_refused_with_the_names(padded):
    with pytest.raises(CheckpointError, match=r"layer2\.0\.downsample\.0\.weight"):
        padded.answered(shortcut="B")


def test_every_choice_that_is_offered_fits_the_file(tmp_path):
    makers: list[Callable[[], nn.Module]] = [
        lambda: foreign.cifar(option="A both"),
        foreign.four_stages_of_bottlenecks,
        lambda: timm.create_model("resnetv2_18d", num_classes=3),
        lambda: build_network(CATALOG["cifar_resnet110_exclusive_gate"].spec, seed=0),
    ]
    for make in makers:
        found = _opened(tmp_path, make().state_dict())
        for each in found.assumed:
            for choice in each.choices:
                found.answered(**{each.field: choice})
