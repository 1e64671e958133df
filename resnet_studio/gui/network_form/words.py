"""What the form says about each field of a network: a sentence, its paper, and its choices.

One home for these words: labels, tool tips, the explanation below the form and the summaries of
closed groups all read them. Published errors are those of the papers' own tables.
"""

from __future__ import annotations

from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    Initialisation,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
    ZeroPadding,
)
from resnet_studio.gui.citations import (
    EXCITATION,
    GOYAL,
    HE_2015,
    HE_2016,
    HE_INIT,
    HIGHWAY,
    RESNEXT,
    STOCHASTIC,
    TRICKS,
    WIDE,
)
from resnet_studio.gui.network_form.fields import Choice, Field, tr


def fields() -> dict[str, Field]:
    """Returns every field of the form by its name."""
    every = (
        *_structure_fields(),
        *_stem_fields(),
        *_shortcut_fields(),
        *_order_fields(),
        *_bottleneck_fields(),
        *_branch_fields(),
        *_start_fields(),
    )
    return {field.name: field for field in every}


def _structure_fields() -> tuple[Field, ...]:
    return (
        Field(
            "preset",
            tr("Network"),
            tr("A network of the literature; type a part of its name to find it."),
            "",
        ),
        Field(
            "depth",
            tr("Depth"),
            tr("Layers with weights: convolutions of the main path and the linear layer."),
            HE_2015,
        ),
        Field(
            "block",
            tr("Block"),
            tr("What one residual branch F(x) is made of."),
            HE_2015,
            (
                Choice(BlockKind.BASIC, tr("Basic"), tr("Two 3×3 convolutions.")),
                Choice(
                    BlockKind.BOTTLENECK,
                    tr("Bottleneck"),
                    tr("1×1 narrows, 3×3 works, 1×1 widens: deeper at about the same cost."),
                ),
            ),
        ),
        Field(
            "depths",
            tr("Blocks per stage"),
            tr("Number of blocks in each stage, for example 3, 4, 6, 3."),
            HE_2015,
        ),
        Field(
            "widths",
            tr("Width"),
            tr("Width of the first stage, then doubled; or one number for each stage."),
            f"{HE_2015}; {WIDE}",
        ),
        _shortcut_option(),
    )


def _shortcut_option() -> Field:
    return Field(
        "shortcut",
        tr("Shortcut"),
        tr("How a shortcut passes where the shape changes."),
        HE_2015,
        (
            Choice(
                ShortcutKind.NONE,
                tr("None: plain network"),
                tr("Each block must fit the whole mapping by itself."),
            ),
            Choice(
                ShortcutKind.A,
                tr("A: zero padding"),
                tr("New channels are zeros; nothing is trained."),
            ),
            Choice(
                ShortcutKind.B,
                tr("B: projection where shapes change"),
                tr("A 1×1 convolution there; all others are the identity."),
            ),
            Choice(
                ShortcutKind.C,
                tr("C: projection everywhere"),
                tr("A 1×1 convolution on every shortcut."),
            ),
        ),
    )


def _stem_fields() -> tuple[Field, ...]:
    return (
        Field(
            "stem",
            tr("Stem"),
            tr("What stands before the first stage."),
            HE_2015,
            (
                Choice(
                    StemKind.IMAGENET,
                    tr("ImageNet: 7×7 /2, pool"),
                    tr("A 7×7 convolution and a 3×3 max pool, both of stride 2."),
                ),
                Choice(
                    StemKind.CIFAR,
                    tr("CIFAR: 3×3"),
                    tr("One 3×3 convolution that keeps the size of small pictures."),
                ),
                Choice(
                    StemKind.DEEP,
                    tr("Deep: three 3×3, pool"),
                    tr("Three 3×3 convolutions in place of the 7×7, as in ResNet-C."),
                    TRICKS,
                ),
                Choice(
                    StemKind.TUTORIAL,
                    tr("Tutorial: 7×7 /2, pool, no padding"),
                    tr("Without padding, batch normalisation and ReLU; with bias."),
                    tr("A CIFAR-10 tutorial, no paper"),
                ),
            ),
        ),
        Field(
            "classes",
            tr("Classes"),
            tr("Outputs of the linear layer, one for each class."),
            HE_2015,
        ),
        Field(
            "input_size",
            tr("Input size"),
            tr("Height and width of the picture that the network sees."),
            HE_2015,
            unit=tr(" px"),
        ),
        Field(
            "stem_width",
            tr("Stem width"),
            tr("Channels after the stem: 64 for ImageNet, 16 for CIFAR."),
            HE_2015,
        ),
        Field(
            "in_channels",
            tr("Input channels"),
            tr("3 for colour, 1 for grey pictures."),
            HE_2015,
        ),
    )


def _shortcut_fields() -> tuple[Field, ...]:
    return (
        *_option_fields(),
        _shortcut_type(),
        Field(
            "shortcut_scale",
            tr("Shortcut scale"),
            tr("Constant that multiplies every shortcut; the identity has 1."),
            HE_2016,
        ),
        Field(
            "residual_scale",
            tr("Branch scale"),
            tr("Constant that multiplies every residual branch."),
            HE_2016,
        ),
        Field(
            "gate_bias",
            tr("Gate bias"),
            tr("Where the bias of each gate starts: the lower, the more the shortcut passes."),
            f"{HE_2016}; {HIGHWAY}",
        ),
        Field(
            "shortcut_dropout",
            tr("Shortcut dropout"),
            tr("Share of a shortcut's values that training sets to zero."),
            HE_2016,
        ),
    )


def _option_fields() -> tuple[Field, ...]:
    return (
        Field(
            "zero_padding",
            tr("Channels of zeros"),
            tr("Where shortcut A puts them; the paper does not say."),
            HE_2015,
            (
                Choice(
                    ZeroPadding.END,
                    tr("Zeros at the end: after the old"),
                    tr("After the old channels, as in the authors' own code."),
                ),
                Choice(
                    ZeroPadding.BOTH,
                    tr("Zeros on both sides: half and half"),
                    tr("Half before and half after, as in a widely copied CIFAR code."),
                ),
            ),
        ),
        Field(
            "projection",
            tr("Projection"),
            tr("What the projections of shortcuts B and C are made of."),
            HE_2015,
            (
                Choice(
                    ProjectionKind.CONV,
                    tr("1×1 conv + batch norm"),
                    tr("With stride 2 it skips three of four values."),
                ),
                Choice(
                    ProjectionKind.AVGPOOL,
                    tr("Average pool, 1×1 conv + batch norm"),
                    tr("The pool has the stride, so no value is skipped: ResNet-D."),
                    TRICKS,
                ),
                Choice(
                    ProjectionKind.BIAS,
                    tr("1×1 conv with bias"),
                    tr("With bias and without batch normalisation."),
                    tr("A CIFAR-10 tutorial, no paper"),
                ),
            ),
        ),
    )


def _shortcut_type() -> Field:
    return Field(
        "shortcut_type",
        tr("Shortcut type"),
        tr("What each shortcut does to what it carries."),
        HE_2016,
        (
            Choice(
                ShortcutType.IDENTITY,
                tr("Identity"),
                tr("Nothing. ResNet-110 has an error of 6.61 % then, the lowest of all."),
            ),
            Choice(
                ShortcutType.SCALING,
                tr("Constant scaling"),
                tr("Multiplies by a constant. With 0.5 on both paths: 12.35 %."),
            ),
            Choice(
                ShortcutType.EXCLUSIVE_GATE,
                tr("Exclusive gate"),
                tr("g(x) F(x) + (1 − g(x)) x. With a bias of −6: 8.70 %."),
            ),
            Choice(
                ShortcutType.SHORTCUT_GATE,
                tr("Shortcut-only gate"),
                tr("F(x) + (1 − g(x)) x. With a bias of −6: 6.91 %, of 0: 12.86 %."),
            ),
            Choice(
                ShortcutType.CONV,
                tr("1×1 convolution"),
                tr("On every shortcut, without batch normalisation: 12.22 %."),
            ),
            Choice(
                ShortcutType.DROPOUT,
                tr("Dropout"),
                tr("Drops values in training. With 0.5 it fails: above 20 %."),
            ),
            Choice(
                ShortcutType.HIGHWAY,
                tr("Highway gate"),
                tr("An exclusive gate whose g is a 3×3 convolution."),
                HIGHWAY,
            ),
        ),
    )


def _order_fields() -> tuple[Field, ...]:
    return (
        Field(
            "order",
            tr("Order"),
            tr("Where batch normalisation (BN) and ReLU stand in a block."),
            HE_2016,
            (
                Choice(
                    ActivationOrder.ORIGINAL,
                    tr("Original: conv-BN-ReLU"),
                    tr("ReLU after the addition. ResNet-110: 6.61 %, ResNet-164: 5.93 %."),
                ),
                Choice(
                    ActivationOrder.BN_AFTER_ADDITION,
                    tr("BN after addition"),
                    tr("BN changes what the shortcut carries. ResNet-110: 8.17 %."),
                ),
                Choice(
                    ActivationOrder.RELU_BEFORE_ADDITION,
                    tr("ReLU before addition"),
                    tr("The branch can only add. ResNet-110: 7.84 %."),
                ),
                Choice(
                    ActivationOrder.RELU_ONLY_PREACTIVATION,
                    tr("ReLU-only pre-activation"),
                    tr("ReLU, convolution, BN. ResNet-110: 6.71 %."),
                ),
                Choice(
                    ActivationOrder.FULL_PREACTIVATION,
                    tr("Full pre-activation: BN-ReLU-conv"),
                    tr("ResNet-110: 6.37 %, ResNet-1001: 4.92 %."),
                ),
                Choice(
                    ActivationOrder.RELU_TWICE,
                    tr("ReLU before and after addition"),
                    tr("One ends the branch, one follows the addition."),
                    tr("A CIFAR-10 tutorial, no paper"),
                ),
            ),
        ),
        Field(
            "shared_first_activation",
            tr("First activation is shared"),
            tr("The first block's activation stands before the split, as in the paper."),
            HE_2016,
        ),
    )


def _bottleneck_fields() -> tuple[Field, ...]:
    return (
        Field(
            "stride_on",
            tr("Stride of a bottleneck on"),
            tr("Which convolution halves the map at the start of a stage."),
            HE_2015,
            (
                Choice(
                    StridePlace.CONV2,
                    tr("3×3 (v1.5, torchvision)"),
                    tr("As torchvision; also called ResNet-B."),
                    TRICKS,
                ),
                Choice(
                    StridePlace.CONV1,
                    tr("1×1 (original)"),
                    tr("As published; it skips three of four values."),
                ),
            ),
        ),
        Field(
            "expansion",
            tr("Expansion"),
            tr("Channels that leave a bottleneck over its width; published with 4."),
            HE_2015,
        ),
        Field(
            "groups",
            tr("Cardinality"),
            tr("Groups of the 3×3 convolution: ResNeXt has 32 or 64."),
            RESNEXT,
        ),
        Field(
            "base_width",
            tr("Base width"),
            tr("Channels of one group where the width is 64; 128 makes a Wide ResNet."),
            f"{RESNEXT}; {WIDE}",
        ),
    )


def _branch_fields() -> tuple[Field, ...]:
    none = tr("none")
    return (
        Field(
            "se_reduction",
            tr("SE reduction"),
            tr("Squeeze-and-excitation weighs the channels; 16 is usual."),
            EXCITATION,
            zero=none,
        ),
        Field(
            "dropout",
            tr("Dropout"),
            tr("Share of values dropped between the two convolutions; 0.3 for CIFAR."),
            WIDE,
            zero=none,
        ),
        Field(
            "stochastic_depth",
            tr("Stochastic depth"),
            tr("How often training skips the last branch; less often towards the first."),
            STOCHASTIC,
            zero=none,
        ),
    )


def _start_fields() -> tuple[Field, ...]:
    return (
        Field(
            "initialisation",
            tr("Initialisation"),
            tr("Convolutions start normal, with standard deviation √(2 / fan)."),
            HE_INIT,
            (
                Choice(
                    Initialisation.FAN_OUT,
                    tr("He, fan-out"),
                    tr("k² times the output channels: keeps the size of gradients."),
                ),
                Choice(
                    Initialisation.FAN_IN,
                    tr("He, fan-in"),
                    tr("k² times the input channels: keeps the size of the maps."),
                ),
            ),
        ),
        Field(
            "zero_init_residual",
            tr("Blocks start as identity"),
            tr("The last batch normalisation of each branch starts at zero."),
            GOYAL,
        ),
    )
