"""Recipes with a name: those of the papers and programs that the field compares with, and ours.

Data only. Each says where its numbers come from and every deviation from its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Schedule, Warmup


@dataclass(frozen=True, slots=True)
class Preset:
    """A recipe with a name and where it comes from.

    Attributes:
        id: Key in `RECIPES`.
        title: Label in lists.
        recipe: The numbers.
        note: Source, and every deviation from it.
    """

    id: str
    title: str
    recipe: Recipe
    note: str


DIGITS = Preset(
    id="digits",
    title="Digits, quick",
    recipe=Recipe(
        epochs=10,
        batch_size=64,
        learning_rate=0.1,
        nesterov=True,
        weight_decay=5e-4,
        warmup_epochs=1.0,
    ),
    note=(
        "Ours: one cosine arc with a gradual warm-up. ResNet-20 on digits of 32×32: 98.3 to 99.4 % "
        "of the digits held out (five seeds), 95 % after 4 or 5 epochs; 26 to 48 seconds in all on "
        "two processor cores shared with other programs (load average 2.3 to 3.8)."
    ),
)

_CIFAR_STEPS_PER_EPOCH: Final = 352
"""Batches of 128 in the 45,000 pictures that the paper trains on while 5,000 validate."""

_HE2015_CIFAR = Recipe(
    epochs=182,
    steps=64_000,
    batch_size=128,
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=1e-4,
    schedule=Schedule.STEP,
    milestones=(0.5, 0.75),
    gamma=0.1,
)

_HE2015_CIFAR_WARM = _HE2015_CIFAR.replace(
    steps=64_000,
    warmup=Warmup.CONSTANT,
    warmup_epochs=400 / _CIFAR_STEPS_PER_EPOCH,
    warmup_start=0.1,
)

HE2015_CIFAR = Preset(
    id="he2015_cifar",
    title="He et al. 2015, CIFAR-10",
    recipe=_HE2015_CIFAR,
    note=(
        "arXiv:1512.03385, section 4.2: rate 0.1, a tenth of it from step 32,000 and a hundredth "
        "from 48,000 of 64,000 steps of 128 pictures. These are 182 epochs of the 45,000 pictures "
        "that the paper learns from while it holds out 5,000, and 164 of 50,000. Whether the "
        "paper's weight decay acts on biases and batch normalisation is not said; here it does. "
        "The paper used two GPUs; batch normalisation sees the whole batch here."
    ),
)

HE2015_CIFAR_110 = Preset(
    id="he2015_cifar_110",
    title="He et al. 2015, 110 layers",
    recipe=_HE2015_CIFAR_WARM,
    note=(
        "For CIFAR-10: as the recipe for fewer layers, but begun with rate 0.01. The paper holds "
        "it until the training error is below 80 %, about 400 steps; here it is held for 400 steps "
        "of 352 an epoch, which is the number with 45,000 training pictures (444 steps with "
        "50,000)."
    ),
)

HE2016_CIFAR = Preset(
    id="he2016_cifar",
    title="He et al. 2016, CIFAR-10",
    recipe=_HE2015_CIFAR_WARM.replace(steps=64_000, accumulate=2),
    note=(
        "For pre-activation networks, arXiv:1603.05027, appendix: rate 0.01 for the first 400 "
        "steps in all CIFAR experiments (not necessary for the proposed block, the authors say), "
        "then 0.1, a tenth of it from "
        "step 32,000 and a hundredth from 48,000; batches of 128 in two parts of 64, as on the "
        "authors' two GPUs. The length, 64,000 steps, is that of the paper of 2015. The 400 steps "
        "are meant for 352 an epoch, the number with 45,000 training pictures. The authors' "
        "program for 1,001 layers uses batches of 64 and 200 epochs."
    ),
)

HE2015_IMAGENET = Preset(
    id="he2015_imagenet",
    title="He et al. 2015, ImageNet",
    recipe=Recipe(
        epochs=120,
        steps=600_000,
        batch_size=256,
        learning_rate=0.1,
        momentum=0.9,
        weight_decay=1e-4,
        schedule=Schedule.PLATEAU,
        plateau_epochs=5,
        gamma=0.1,
    ),
    note=(
        "arXiv:1512.03385, section 3.4: rate 0.1, divided by 10 when the error stops falling; "
        "batch 256, up to 600,000 steps, which are 120 epochs. When the error has stopped falling "
        "the paper does not say; here that is after 5 epochs without a lower validation loss. The "
        "paper used several GPUs; batch normalisation sees the whole batch here."
    ),
)

GOYAL2017 = Preset(
    id="goyal2017",
    title="Goyal et al. 2017, ImageNet",
    recipe=Recipe(
        epochs=90,
        batch_size=8192,
        accumulate=256,
        learning_rate=0.1,
        reference_batch_size=256,
        momentum=0.9,
        nesterov=True,
        weight_decay=1e-4,
        decay_all=False,
        schedule=Schedule.STEP,
        milestones=(30 / 90, 60 / 90, 80 / 90),
        gamma=0.1,
        warmup=Warmup.GRADUAL,
        warmup_epochs=5.0,
        warmup_start=1 / 32,
    ),
    note=(
        "arXiv:1706.02677: 0.1 for each 256 pictures, so 3.2 for 8,192; in the first 5 epochs the "
        "rate rises from 0.1 step by step; a tenth of it after 30, 60 and 80 of 90 epochs. The "
        "paper normalises 32 pictures at a time, one GPU's share; here the batch is computed in "
        "256 parts of 32 for the same reason, and to fit into memory. No decay of batch "
        "normalisation's scale and shift, as in the paper; here none of the linear layer's bias "
        "either. With another batch size also change the parts and begin the warm-up at 256 "
        "divided by it. The paper's start of the last scale of each block at 0 is a choice of the "
        "network."
    ),
)

TORCHVISION_V1 = Preset(
    id="torchvision_v1",
    title="torchvision V1, ImageNet",
    recipe=Recipe(
        epochs=90,
        batch_size=256,
        accumulate=8,
        learning_rate=0.1,
        momentum=0.9,
        weight_decay=1e-4,
        schedule=Schedule.PERIODIC,
        period=30.0,
        gamma=0.1,
    ),
    note=(
        "The reference for the first weights (references/classification of pytorch/vision, its "
        "defaults on 8 GPUs): rate 0.1, a tenth of it after every 30 of 90 epochs, 32 pictures on "
        "each GPU. Here the batch is computed in 8 parts of 32, so that batch normalisation sees "
        "as many."
    ),
)

TORCHVISION_V2 = Preset(
    id="torchvision_v2",
    title="torchvision V2, ImageNet",
    recipe=Recipe(
        epochs=600,
        batch_size=1024,
        accumulate=8,
        learning_rate=0.5,
        momentum=0.9,
        weight_decay=2e-5,
        decay_all=False,
        schedule=Schedule.COSINE,
        warmup=Warmup.GRADUAL,
        warmup_epochs=5.0,
        warmup_start=0.01,
        label_smoothing=0.1,
        mixup=0.2,
        cutmix=1.0,
        ema_decay=0.999966,
    ),
    note=(
        "The later reference (references/classification of pytorch/vision as run for ResNet-50's "
        "second weights, on 8 GPUs) with 128 pictures each; here in 8 parts of 128. Deviations: "
        "the rate changes at each step and not at each epoch; the mean of the weights is updated "
        "at each step with a decay of 0.999966, there every 32 steps with 0.998908, which is the "
        "same over 32 steps, and there it restarts until the warm-up is over; the linear layer's "
        "bias is not decayed either. Not part of a recipe, so left to the pipeline: crops of 176 "
        "pixels, TrivialAugment, random erasing (0.1), each picture four times in an epoch."
    ),
)

TUTORIAL = Preset(
    id="tutorial",
    title="CIFAR-10 tutorial",
    recipe=Recipe(
        epochs=20,
        batch_size=64,
        validation_batch_size=128,
        learning_rate=0.01,
        momentum=0.0,
        weight_decay=0.0,
        schedule=Schedule.CONSTANT,
    ),
    note=(
        "Plain stochastic gradient descent at rate 0.01 for 20 epochs, batches of 64 and of 128 "
        "in validation, as taught with CIFAR-10 at 96×96. How the "
        "pictures are scaled is the pipeline's choice."
    ),
)

CIFAR10_QUICK = Preset(
    id="cifar10_quick",
    title="CIFAR-10, quick",
    recipe=Recipe(
        epochs=15,
        batch_size=128,
        learning_rate=0.1,
        nesterov=True,
        weight_decay=5e-4,
        warmup_epochs=1.0,
    ),
    note="Ours: one cosine arc with a gradual warm-up, for a first look within minutes.",
)

FAST_CIFAR = Preset(
    id="fast_cifar",
    title="CIFAR-10, one cycle",
    recipe=Recipe(
        epochs=30,
        batch_size=512,
        learning_rate=0.4,
        nesterov=True,
        weight_decay=5e-4,
        schedule=Schedule.ONE_CYCLE,
        peak=0.2,
        warmup_start=0.05,
        label_smoothing=0.1,
    ),
    note=(
        "Ours, for ResNet-18 and ResNet-20 at 32×32: one cycle (Smith & Topin 2017, "
        "arXiv:1708.07120) of 30 epochs with large batches, smoothed targets and bfloat16 where "
        "the device is fast at it. The momentum does not change in the cycle."
    ),
)

FOLDER = Preset(
    id="folder",
    title="Folder of pictures",
    recipe=Recipe(
        epochs=20,
        batch_size=32,
        learning_rate=0.025,
        nesterov=True,
        weight_decay=1e-4,
        warmup_epochs=2.0,
    ),
    note=(
        "Ours: one cosine arc with a gradual warm-up, at twice the rate of the ImageNet recipe "
        "scaled to this batch (0.1 × 32 / 256), because such folders are small."
    ),
)

RECIPES: Mapping[str, Preset] = {
    preset.id: preset
    for preset in (
        DIGITS,
        CIFAR10_QUICK,
        FAST_CIFAR,
        FOLDER,
        HE2015_CIFAR,
        HE2015_CIFAR_110,
        HE2016_CIFAR,
        HE2015_IMAGENET,
        GOYAL2017,
        TORCHVISION_V1,
        TORCHVISION_V2,
        TUTORIAL,
    )
}

DEFAULT_RECIPES: Mapping[str, Preset] = {
    "digits": DIGITS,
    **dict.fromkeys(("cifar10", "cifar100", "mnist", "fashion_mnist"), CIFAR10_QUICK),
    **dict.fromkeys(("folder", "imagenette"), FOLDER),
    "imagenet": TORCHVISION_V1,
}
"""The recipe that a new run on each source of data begins with."""
