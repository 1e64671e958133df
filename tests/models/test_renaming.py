"""Each family's names become ours, and what cannot be a name does no harm."""

from __future__ import annotations

import pytest

from resnet_studio.models.renaming import ForeignError, rename, starts_with_bn

MARK = "layer1.0.conv1.weight"
FAR = "layer" + "9" * 5000 + ".0.shortcut.0.bias"


def _renamed(*names: str, mark: str = MARK) -> list[str]:
    shapes = {name: (1, 2) if name.endswith(".weight") else (1,) for name in names}
    return [rename({mark: (1, 1, 3, 3), **shapes}).names[name] for name in names]


@pytest.mark.parametrize(
    ("mark", "theirs", "ours"),
    [
        ("stages.0.blocks.0.conv1.weight", "stem.conv.weight", "conv1.weight"),
        ("stages.0.blocks.0.conv1.weight", "stages.2.blocks.5.norm3.bias", "layer3.5.bn3.bias"),
        (
            "stages.0.blocks.0.conv1.weight",
            "stages.1.blocks.0.downsample.conv.weight",
            "layer2.0.downsample.0.weight",
        ),
        ("stages.0.blocks.0.conv1.weight", "head.fc.bias", "head.fc.bias"),
        (
            "conv2_x.0.residual_function.0.weight",
            "conv5_x.1.residual_function.7.running_var",
            "layer4.1.bn3.running_var",
        ),
        (
            "conv2_x.0.residual_function.0.weight",
            "conv3_x.0.shortcut.1.bias",
            "layer2.0.downsample.1.bias",
        ),
        ("block1.layer.0.conv1.weight", "block3.layer.2.bn2.bias", "layer3.2.bn2.bias"),
        (
            "block1.layer.0.conv1.weight",
            "block2.layer.0.convShortcut.weight",
            "layer2.0.downsample.0.weight",
        ),
        (MARK, "layer2.0.shortcut.0.weight", "layer2.0.downsample.0.weight"),
        (MARK, "stem.7.bias", "bn1.bias"),
        (MARK, "stem.3.bias", "conv1.3.bias"),
        (
            "embedder.embedder.convolution.weight",
            "encoder.stages.3.layers.2.layer.1.normalization.bias",
            "layer4.2.bn2.bias",
        ),
        (MARK, "linear.weight", "fc.weight"),
        (MARK, "classifier.1.weight", "fc.weight"),
        (MARK, "last_linear.weight", "fc.weight"),
        (MARK, "anything.else", "anything.else"),
        (MARK, FAR, FAR),
    ],
)  # fmt: skip
def test_each_familys_names_become_ours(mark, theirs, ours):
    assert _renamed(theirs, mark=mark) == [ours]


def test_a_stem_in_a_sequence_is_a_convolution_and_its_normalisation():
    assert _renamed("conv1.0.weight", "conv1.1.bias") == ["conv1.weight", "bn1.bias"]
    deep = ("conv1.0.bias", "conv1.0.weight", "conv1.1.bias", "conv1.3.weight")
    assert _renamed(*deep) == list(deep)


def test_of_several_heads_the_one_called_fc_counts():
    renamed = rename({MARK: (1, 1, 3, 3), "fc.weight": (5, 8), "classifier.weight": (2, 8)})
    assert renamed.head == "fc"
    assert renamed.names["classifier.weight"] == "classifier.weight"


@pytest.mark.parametrize(
    "shapes",
    [
        {"fc.0.weight": (5, 8), "fc.2.weight": (2, 5)},
        {"fc.weight": (5, 8), "linear.weight": (2, 5)},
        {"head.weight": (5, 8), "logits.weight": (5, 8)},
    ],
)
def test_several_linear_layers_at_the_end_are_refused(shapes):
    with pytest.raises(ForeignError, match="several linear layers"):
        rename({MARK: (1, 1, 3, 3), **shapes})


def test_two_names_for_one_tensor_are_refused():
    with pytest.raises(ForeignError, match="both what is called"):
        _renamed("layer1.0.shortcut.0.weight", "layer1.0.downsample.0.weight")


def test_names_of_no_family_are_refused():
    with pytest.raises(ForeignError, match="known here"):
        rename({"encoder.weight": (3, 3)})


def test_pre_activation_is_told_by_the_width_of_the_first_normalisation():
    block = {"layer1.0.conv1.weight": (8, 4, 3, 3)}
    assert starts_with_bn({**block, "layer1.0.bn1.weight": (4,)})
    assert not starts_with_bn({**block, "layer1.0.bn1.weight": (8,)})
    # Alike, nothing can be told.
    assert not starts_with_bn({"layer1.0.conv1.weight": (4, 4, 3, 3), "layer1.0.bn1.weight": (4,)})
