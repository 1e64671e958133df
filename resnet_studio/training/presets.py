"""Recipes with a name: those of the papers and programs that the field compares with, and ours.

Data only. Each says where its numbers come from and every deviation from its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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

_HE2015_CIFAR = Recipe(
    epochs=164,
    batch_size=128,
    learning_rate=0.1,
    momentum=0.9,
    weight_decay=1e-4,
    schedule=Schedule.STEP,
    milestones=(0.5, 0.75),
    gamma=0.1,
)

HE2015_CIFAR = Preset(
    id="he2015_cifar",
    title="He et al. 2015, CIFAR-10",
    recipe=_HE2015_CIFAR,
    note=(
        "arXiv:1512.03385, section 4.2: rate 0.1, a tenth at 32,000 and 48,000 of 64,000 steps of "
        "128 pictures. 64,000 steps are 163.7 epochs of 50,000 pictures (rounded to 164) and "
        "181.8 of 45,000; the milestones are fractions of the run, so they stay in place when "
        "the number of epochs is changed."
    ),
)

HE2015_CIFAR_110 = Preset(
    id="he2015_cifar_110",
    title="He et al. 2015, CIFAR-10, 110 layers",
    recipe=_HE2015_CIFAR.replace(warmup=Warmup.CONSTANT, warmup_epochs=400 / 391, warmup_start=0.1),
    note=(
        "As the CIFAR-10 recipe, begun with rate 0.01. The paper holds it until the training error "
        "is below 80 %, about 400 steps; here it is held for 400 steps of 391 an epoch."
    ),
)

HE2015_IMAGENET = Preset(
    id="he2015_imagenet",
    title="He et al. 2015, ImageNet",
    recipe=Recipe(
        epochs=120,
        batch_size=256,
        learning_rate=0.1,
        momentum=0.9,
        weight_decay=1e-4,
        schedule=Schedule.STEP,
        milestones=(0.25, 0.5, 0.75),
        gamma=0.1,
    ),
    note=(
        "arXiv:1512.03385, section 3.4: rate 0.1, batch 256, up to 600,000 steps, which are 120 "
        "epochs. The paper divides the rate by 10 when the error stops falling; here that is "
        "at a quarter, half and three quarters of the run."
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
    note="Plain gradient descent at rate 0.01 for 20 epochs, as taught with 96×96 CIFAR-10.",
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
        FOLDER,
        HE2015_CIFAR,
        HE2015_CIFAR_110,
        HE2015_IMAGENET,
        TUTORIAL,
    )
}

DEFAULT_RECIPES: Mapping[str, Preset] = {
    "digits": DIGITS,
    "cifar10": CIFAR10_QUICK,
    "folder": FOLDER,
}
"""The recipe that a new run on each source of data begins with."""
