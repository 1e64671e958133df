"""What the program chose by itself for a run, with its reasons, for `RunStarted.choices`."""

from __future__ import annotations

from resnet_studio.training.devices import Hardware
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import DeviceChoice, Precision

_ASKED = "as the recipe says"


def chosen_hardware(hardware: Hardware, recipe: Recipe) -> tuple[tuple[str, str, str], ...]:
    """Returns device, precision and threads, each as (what, chosen, why)."""
    return (
        ("device", hardware.device.type, _device(hardware, recipe)),
        ("precision", hardware.precision.value, _precision(hardware, recipe)),
        ("threads", str(hardware.threads), _threads(hardware, recipe)),
    )


def _device(hardware: Hardware, recipe: Recipe) -> str:
    if recipe.device is not DeviceChoice.AUTO:
        return _ASKED
    if hardware.device.type == "cpu":
        return "no GPU was found that torch can use"
    return "the fastest device that was found"


def _precision(hardware: Hardware, recipe: Recipe) -> str:
    if recipe.precision is not Precision.AUTO:
        return _ASKED
    if hardware.precision is Precision.BF16:
        return "this hardware multiplies bfloat16 natively, which is faster"
    return "this hardware has no native bfloat16"


def _threads(hardware: Hardware, recipe: Recipe) -> str:
    if recipe.threads:
        return _ASKED
    if hardware.device.type == "cpu":
        return "as many as torch takes; fewer while other programs need the processor"
    return "for what the processor does beside the device"
