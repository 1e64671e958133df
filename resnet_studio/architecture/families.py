"""The families of residual networks for ImageNet, and the two of the teaching documents.

Networks that torchvision has bear its names; their structure is torchvision's, which has the
stride of a bottleneck on the 3x3 convolution where He et al. 2015 have it on the first 1x1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from resnet_studio.architecture.entries import (
    HE_2015,
    HE_2016,
    HU_2017,
    TONG_HE_2018,
    XIE_2016,
    ZAGORUYKO_2016,
    Entry,
    Family,
    Paper,
)
from resnet_studio.architecture.published import figures
from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    StemKind,
    StridePlace,
    depths_for,
)

_OF_BASIC_BLOCKS = (18, 34)
_STRIDE_NOTE = "The paper's has its strides on the first 1×1, this one, as torchvision, on the 3×3."
_TWICE_AS_WIDE = 128
_REDUCTION = 16


def residual_networks() -> Iterator[Entry]:
    """Yields the networks of He et al. 2015, with projections where the shape changes."""
    notes = {
        18: "The smallest of the paper; there with option A, here with option B as torchvision.",
        34: "Projections where the shape changes (option B).",
        50: f"Bottleneck blocks; as many as ResNet-34 has basic blocks. {_STRIDE_NOTE}",
        101: f"ResNet-50 with a third stage of 23 blocks. {_STRIDE_NOTE}",
        152: f"The deepest of the paper on ImageNet. {_STRIDE_NOTE}",
        200: "Deeper than the paper's, and worse than ResNet-152 with activation after addition; "
        "pre-activation (preact_resnet200) makes it better.",
    }
    for depth, note in notes.items():
        paper = HE_2015 if depth < 200 else HE_2016
        aliases = (f"resnet{depth}b", f"resnet{depth}_v1.5") if depth in (50, 101, 152) else ()
        title = f"ResNet-{depth}"
        yield _entry(
            Family.IMAGENET, f"resnet{depth}", title, paper, note, aliases=aliases, depth=depth
        )
    for depth in (50, 101, 152):
        yield _entry(
            Family.IMAGENET,
            f"resnet{depth}_v1",
            f"ResNet-{depth} v1",
            HE_2015,
            f"ResNet-{depth} as it was published: the first 1×1 of a stage has the stride, and "
            "the 3×3 works on the smaller map. As many parameters, fewer operations.",
            depth=depth,
            stride_on=StridePlace.CONV1,
        )


def shortcut_options() -> Iterator[Entry]:
    """Yields the networks with the shortcut options that the others do not have."""
    notes = {
        ShortcutKind.A: "Where the shape changes, zeros fill the new channels: a shortcut without "
        "parameters.",
        ShortcutKind.C: "A projection on every shortcut: a little better than option B for many "
        "more parameters.",
    }
    for depth, option in ((18, ShortcutKind.A), (34, ShortcutKind.A), (34, ShortcutKind.C)):
        yield _entry(
            Family.OPTIONS,
            f"resnet{depth}_option_{option.lower()}",
            f"ResNet-{depth}, option {option}",
            HE_2015,
            notes[option],
            depth=depth,
            shortcut=option,
        )


def aggregated_networks() -> Iterator[Entry]:
    """Yields the ResNeXts."""
    for depth, groups, base_width in ((50, 32, 4), (101, 32, 4), (101, 32, 8), (101, 64, 4)):
        yield _entry(
            Family.RESNEXT,
            f"resnext{depth}_{groups}x{base_width}d",
            f"ResNeXt-{depth} {groups}×{base_width}d",
            XIE_2016,
            f"The 3×3 convolutions have {groups} groups, of {base_width} channels in stage 1.",
            depth=depth,
            groups=groups,
            base_width=base_width,
        )


def wide_networks() -> Iterator[Entry]:
    """Yields the Wide ResNets for ImageNet."""
    for depth in (50, 101):
        yield _entry(
            Family.WIDE,
            f"wide_resnet{depth}_2",
            f"Wide ResNet-{depth}-2",
            ZAGORUYKO_2016,
            f"ResNet-{depth} with the 3×3 convolutions twice as wide.",
            aliases=(f"wrn{depth}_2",),
            depth=depth,
            base_width=_TWICE_AS_WIDE,
        )


def tweaked_networks() -> Iterator[Entry]:
    """Yields ResNet-C and ResNet-D of every depth; ResNet-B is torchvision's ResNet."""
    deep = "Three 3×3 convolutions in place of the stem's 7×7"
    yield _entry(
        Family.TWEAKS,
        "resnet50c",
        "ResNet-50-C",
        TONG_HE_2018,
        f"{deep}; else ResNet-50 as torchvision's, which the paper calls ResNet-B.",
        depth=50,
        stem=StemKind.DEEP,
    )
    for depth in (18, 34, 50, 101, 152):
        note = (
            f"{deep}, and projections that average 2×2 pixels where a strided 1×1 skips three "
            "of four."
        )
        if depth != 50:
            note += " The paper has only the one of 50 layers."
        yield _entry(
            Family.TWEAKS,
            f"resnet{depth}d",
            f"ResNet-{depth}-D",
            TONG_HE_2018,
            note,
            depth=depth,
            stem=StemKind.DEEP,
            projection=ProjectionKind.AVGPOOL,
        )


def squeezing_networks() -> Iterator[Entry]:
    """Yields the networks with squeeze-and-excitation in every block."""
    note = (
        "Each block weighs its channels by what it sees of the whole picture: global average, "
        f"two small layers, sigmoid. The hidden layer has 1/{_REDUCTION} of the channels."
    )
    for depth in (18, 34, 50, 101, 152):
        yield _entry(
            Family.SQUEEZE,
            f"seresnet{depth}",
            f"SE-ResNet-{depth}",
            HU_2017,
            note if depth >= 50 else f"{note} Smaller than those of the paper.",
            depth=depth,
            se_reduction=_REDUCTION,
        )
    yield _entry(
        Family.SQUEEZE,
        "seresnext50_32x4d",
        "SE-ResNeXt-50 32×4d",
        HU_2017,
        note,
        depth=50,
        groups=32,
        base_width=4,
        se_reduction=_REDUCTION,
    )


def plain_networks() -> Iterator[Entry]:
    """Yields the networks without shortcuts."""
    for depth in (18, 34):
        yield _entry(
            Family.PLAIN,
            f"plain{depth}",
            f"Plain-{depth}",
            HE_2015,
            f"ResNet-{depth} without its shortcuts. Plain-34 has the higher training error of the "
            "two plain networks, ResNet-34 the lower of the two residual ones: degradation.",
            depth=depth,
            shortcut=ShortcutKind.NONE,
        )


def preactivation_networks() -> Iterator[Entry]:
    """Yields the pre-activation networks."""
    for depth in (50, 101, 152, 200):
        yield _entry(
            Family.PREACTIVATION,
            f"preact_resnet{depth}",
            f"Pre-activation ResNet-{depth}",
            HE_2016,
            f"ResNet-{depth} with batch normalisation and ReLU before each convolution, so that "
            "nothing but additions stands on the path of the shortcuts.",
            aliases=(f"preresnet{depth}", f"resnetv2_{depth}"),
            depth=depth,
            order=ActivationOrder.FULL_PREACTIVATION,
        )


def teaching_networks() -> Iterator[Entry]:
    """Yields the network of a CIFAR-10 tutorial, and a learner's."""
    yield Entry(
        "tutorial96",
        "Tutorial network, 96 px",
        Family.TEACHING,
        NetworkSpec(
            name="tutorial96",
            block=BlockKind.BASIC,
            depths=(2, 2, 2, 2),
            stem=StemKind.TUTORIAL,
            projection=ProjectionKind.BIAS,
            order=ActivationOrder.RELU_TWICE,
        ),
        HE_2015,
        "A small network for CIFAR-10 at 96 pixels: a stem without padding, batch normalisation "
        "and ReLU, projections with bias, and a ReLU before the addition as well as after it.",
        aliases=("tutorial",),
    )
    yield _entry(
        Family.TEACHING,
        "learner5",
        "Learner's ResNet-50, 5 classes",
        HE_2015,
        "What a learner's own reproduction with mistakes was meant to be: ResNet-50 for five "
        "classes.",
        aliases=("learner",),
        depth=50,
        classes=5,
    )


def _entry(
    family: Family,
    name: str,
    title: str,
    paper: Paper,
    note: str,
    *,
    depth: int,
    aliases: tuple[str, ...] = (),
    **fields: Any,
) -> Entry:
    """Returns the entry of a network for ImageNet; `fields` are those of the spec."""
    block = BlockKind.BASIC if depth in _OF_BASIC_BLOCKS else BlockKind.BOTTLENECK
    depths = depths_for(depth, block=block, stem=StemKind.IMAGENET)
    spec = NetworkSpec(name=name, block=block, depths=depths, **fields)
    return Entry(name, title, family, spec, paper, note, figures(name), aliases)
