"""Tiny networks that have every feature of a spec between them, with weights that matter."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from resnet_studio import models
from resnet_studio.architecture.spec import NetworkSpec, parse_spec
from resnet_studio.data.augment import AugmentSpec, pipelines_for
from resnet_studio.export import Subject

BASE: dict[str, Any] = {
    "name": "tiny",
    "block": "basic",
    "stem": "cifar",
    "depths": (1, 2),
    "stem_width": 4,
    "widths": (4, 8),
    "classes": 5,
    "input_size": 16,
}
BOTTLENECK = {"block": "bottleneck", "expansion": 2, "base_width": 64}
FEATURES: dict[str, dict[str, Any]] = {
    "option_a": {"shortcut": "A"},
    "option_a_both_sides": {"shortcut": "A", "zero_padding": "both", "widths": (4, 9)},
    "option_b": {"shortcut": "B"},
    "option_c": {"shortcut": "C"},
    "plain": {"shortcut": "none"},
    "one_stage": {"depths": (2,), "widths": (4,)},
    "six_stages": {"depths": (1,) * 6, "widths": (4, 4, 5, 6, 7, 8)},
    "imagenet_stem": {"stem": "imagenet"},
    "deep_stem": {"stem": "deep"},
    "tutorial": {
        "stem": "tutorial",
        "order": "relu_twice",
        "shortcut": "B",
        "projection": "bias",
        "input_size": 32,
    },
    "bottleneck": BOTTLENECK,
    "bottleneck_stride_on_1x1": {**BOTTLENECK, "stride_on": "1x1", "shortcut": "B"},
    "resnext": {**BOTTLENECK, "groups": 2, "base_width": 32, "shortcut": "B"},
    "resnet_d": {
        **BOTTLENECK,
        "stem": "deep",
        "projection": "avgpool",
        "shortcut": "B",
        "input_size": 30,
    },
    "bn_after_addition": {"order": "bn_after_addition", "shortcut": "B"},
    "bn_after_addition_plain": {"order": "bn_after_addition", "shortcut": "none"},
    "relu_before_addition": {"order": "relu_before_addition"},
    "relu_only": {"order": "relu_only_preactivation", "shortcut": "B"},
    "relu_only_bottleneck": {**BOTTLENECK, "order": "relu_only_preactivation"},
    "preactivation": {"order": "full_preactivation", "shortcut": "A"},
    "preactivation_not_shared": {
        "order": "full_preactivation",
        "shortcut": "B",
        "shared_first_activation": False,
    },
    "preactivation_c": {"order": "full_preactivation", "shortcut": "C"},
    "preactivation_plain": {"order": "full_preactivation", "shortcut": "none"},
    "preactivation_one_stage": {
        "order": "full_preactivation",
        "depths": (2,),
        "widths": (4,),
        "stem": "imagenet",
    },
    "preactivation_bottleneck": {**BOTTLENECK, "order": "full_preactivation", "stem": "deep"},
    "wide": {"order": "full_preactivation", "shortcut": "B", "dropout": 0.3},
    "scaling": {"shortcut_type": "scaling", "shortcut_scale": 0.25, "residual_scale": 0.75},
    "exclusive_gate": {"shortcut_type": "exclusive_gate", "gate_bias": -1.0},
    "shortcut_gate": {
        "shortcut_type": "shortcut_gate",
        "order": "full_preactivation",
        "shortcut": "B",
    },
    "conv1x1": {"shortcut_type": "conv1x1", "shortcut": "A", "order": "relu_only_preactivation"},
    "shortcut_dropout": {"shortcut_type": "dropout"},
    "highway": {"shortcut_type": "highway", "gate_bias": -3.0},
    "squeeze_excitation": {"se_reduction": 2, "order": "relu_before_addition"},
    "stochastic_depth": {"stochastic_depth": 0.5, "dropout": 0.2, "shortcut": "C"},
    "one_channel": {"in_channels": 1},
}


def spec_of(feature: str) -> NetworkSpec:
    """The tiny network with one feature of `FEATURES`."""
    return parse_spec({**BASE, **FEATURES[feature]})


def lively(spec: NetworkSpec, *, seed: int = 0) -> models.ResNet:
    """The network with every normalisation and bias set to what training may make of it.

    Fresh ones hide mistakes: all normalisations would be the same, and all biases nothing.
    """
    network = models.build_network(spec, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor in (module.weight, module.running_var):
                    tensor.uniform_(0.5, 1.5, generator=generator)
                for tensor in (module.bias, module.running_mean):
                    tensor.uniform_(-0.5, 0.5, generator=generator)
            elif getattr(module, "bias", None) is not None:
                module.bias.uniform_(-1, 1, generator=generator)
    return network.eval().requires_grad_(False)


def subject_of(spec: NetworkSpec, preprocessing: AugmentSpec | None = None) -> Subject:
    """The network ready to export."""
    pipeline = preprocessing or pipelines_for(spec.input_size)[1]
    classes = tuple(f"class {number}" for number in range(spec.classes))
    return Subject(lively(spec), classes, pipeline, "weights of a test")
