"""Which fields of a spec decide what weights mean, apart from how a network starts and trains."""

from __future__ import annotations

from typing import Any, Final

from resnet_studio.architecture.spec import NetworkSpec, ShortcutType, applies

_NOT_STRUCTURE: Final = {
    "name",
    "input_size",  # a network takes pictures of any size
    # Gone once weights are loaded.
    "initialisation",
    "zero_init_residual",
    "gate_bias",
    # Only training drops anything, and scales up what is left: a trained network computes the
    # same whatever the rate was.
    "dropout",
    "stochastic_depth",
    "shortcut_dropout",
}


def structure(spec: NetworkSpec) -> dict[str, Any]:
    """Returns the fields that two specs must share for weights to mean the same in both.

    With the same weights such networks give the same outputs once they are trained; they may
    start from other values and drop other shares while they train. Fields without effect in this
    spec are left out.
    """
    fields = {
        name: value for name, value in spec if name not in _NOT_STRUCTURE and applies(spec, name)
    }
    if fields.get("shortcut_type") is ShortcutType.DROPOUT:
        fields["shortcut_type"] = ShortcutType.IDENTITY
    return fields
