"""Files that can be read and are of no network: each writer makes one and returns its path.

Unlike those of `hostile`, nothing is wrong with their tables; what the names and shapes tell is.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
import torchvision
from torch import Tensor

Shape = tuple[int, ...]


def safetensors_of(path: Path, shapes: Mapping[str, Shape]) -> Path:
    """Writes zeros of these shapes, as 8-bit numbers to take little room."""
    header: dict[str, object] = {}
    end = 0
    for name, shape in shapes.items():
        size = 1
        for axis in shape:
            size *= axis
        header[name] = {"dtype": "U8", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    encoded = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + bytes(end))
    return path


def _block(name: str, width: int) -> dict[str, Shape]:
    return {
        f"{name}.conv1.weight": (width, width, 3, 3),
        f"{name}.bn1.weight": (width,),
        f"{name}.bn1.running_mean": (width,),
        f"{name}.conv2.weight": (width, width, 3, 3),
        f"{name}.bn2.weight": (width,),
    }


def _network(*depths: int, width: int = 1, **changes: Shape) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {"conv1.weight": (width, 3, 3, 3), "bn1.weight": (width,)}
    for stage, depth in enumerate(depths, start=1):
        for index in range(depth):
            shapes |= _block(f"layer{stage}.{index}", width)
    return shapes | {"fc.weight": (2, width), "fc.bias": (2,)} | changes


def _resnet18(**changes: Tensor) -> dict[str, Tensor]:
    return {**torchvision.models.resnet18(num_classes=4).state_dict(), **changes}


def a_hundred_thousand_blocks_in_a_stage(folder: Path) -> Path:
    return safetensors_of(folder / "most.safetensors", _network(100_000))


def thousands_of_blocks_in_a_stage(folder: Path) -> Path:
    return safetensors_of(folder / "blocks.safetensors", _network(5_500))


def a_thousand_stages(folder: Path) -> Path:
    return safetensors_of(folder / "stages.safetensors", _network(*([1] * 1000)))


def six_thousand_layers(folder: Path) -> Path:
    return safetensors_of(folder / "layers.safetensors", _network(1000, 1000, 1000))


def a_stage_of_an_astronomical_number(folder: Path) -> Path:
    shapes = _network(1) | _block(f"layer{'9' * 5000}.0", 1) | _block("layer1.999999999", 1)
    return safetensors_of(folder / "number.safetensors", shapes)


def stages_with_gaps(folder: Path) -> Path:
    return safetensors_of(folder / "gaps.safetensors", _network(1) | _block("layer3.0", 1))


def blocks_with_gaps(folder: Path) -> Path:
    return safetensors_of(folder / "gaps.safetensors", _network(1) | _block("layer1.5", 1))


def a_name_of_a_million_letters(folder: Path) -> Path:
    path = folder / "name.pth"
    torch.save({**_resnet18(), "layer1.0." + "a" * 1_000_000: torch.ones(1)}, path)
    return path


def a_million_prefixes(folder: Path) -> Path:
    path = folder / "prefixes.pth"
    torch.save({"module." * 1_000_000 + "conv1.weight": torch.ones(4, 3, 3, 3)}, path)
    return path


def no_channels(folder: Path) -> Path:
    return safetensors_of(folder / "none.safetensors", _network(1, width=0))


def a_stem_without_inputs(folder: Path) -> Path:
    shapes = _network(1, **{"conv1.weight": (1, 0, 3, 3)})
    return safetensors_of(folder / "inputs.safetensors", shapes)


def a_head_of_no_classes(folder: Path) -> Path:
    shapes = _network(1, **{"fc.weight": (0, 1), "fc.bias": (0,)})
    return safetensors_of(folder / "classes.safetensors", shapes)


def a_head_for_a_million_classes(folder: Path) -> Path:
    shapes = _network(1, **{"fc.weight": (1_000_000, 1), "fc.bias": (1_000_000,)})
    return safetensors_of(folder / "million.safetensors", shapes)


def ten_thousand_channels_of_input(folder: Path) -> Path:
    shapes = _network(1, **{"conv1.weight": (1, 10_000, 3, 3)})
    return safetensors_of(folder / "input.safetensors", shapes)


def numbers_for_convolutions(folder: Path) -> Path:
    shapes = _network(1, **{"layer1.0.conv1.weight": ()})
    return safetensors_of(folder / "scalar.safetensors", shapes)


def bottlenecks_of_odd_widths(folder: Path) -> Path:
    shapes = _network(1, width=7)
    shapes |= {"layer1.0.conv1.weight": (5, 7, 1, 1), "layer1.0.bn1.weight": (5,)}
    shapes |= {"layer1.0.conv2.weight": (5, 5, 3, 3)}
    shapes |= {"layer1.0.conv3.weight": (8191, 5, 1, 1), "fc.weight": (2, 8191)}
    return safetensors_of(folder / "odd.safetensors", shapes)


def integers_for_weights(folder: Path) -> Path:
    path = folder / "integers.pth"
    torch.save({name: tensor.to(torch.int8) for name, tensor in _resnet18().items()}, path)
    return path


def a_weight_that_is_no_number(folder: Path) -> Path:
    path = folder / "nan.pth"
    torch.save(_resnet18(**{"fc.bias": torch.tensor([0.0, float("nan"), 1.0, 2.0])}), path)
    return path


def an_infinite_half(folder: Path) -> Path:
    path = folder / "half.pth"
    broken = torch.tensor([0.0, 1e6, 1.0, 2.0]).half()
    torch.save(_resnet18(**{"fc.bias": broken}), path)
    return path


def a_negative_variance(folder: Path) -> Path:
    path = folder / "variance.pth"
    torch.save(_resnet18(**{"bn1.running_var": -torch.ones(64)}), path)
    return path


def thirty_thousand_tensors_of_nothing(folder: Path) -> Path:
    shapes = {f"a{number}.weight": (1, 2) for number in range(29_000)}
    return safetensors_of(folder / "many.safetensors", _network(1) | shapes)


def a_network_with_another_inside(folder: Path) -> Path:
    path = folder / "inside.pth"
    torch.save(_resnet18(**{"layer1.0.attention.weight": torch.ones(64, 64, 1, 1)}), path)
    return path


def a_network_with_a_convolution_behind(folder: Path) -> Path:
    path = folder / "behind.pth"
    torch.save(_resnet18(**{"neck.weight": torch.ones(512, 512, 1, 1)}), path)
    return path


def two_linear_layers_in_a_row(folder: Path) -> Path:
    path = folder / "two.pth"
    more = {"fc2.weight": torch.ones(2, 4), "fc2.bias": torch.ones(2)}
    torch.save(_resnet18(**more), path)
    return path


def two_linear_layers_in_a_sequence(folder: Path) -> Path:
    path = folder / "sequence.pth"
    state = _resnet18()
    state["fc.0.weight"], state["fc.0.bias"] = state.pop("fc.weight"), state.pop("fc.bias")
    torch.save({**state, "fc.2.weight": torch.ones(2, 4), "fc.2.bias": torch.ones(2)}, path)
    return path


def two_names_for_one_layer(folder: Path) -> Path:
    path = folder / "twice.pth"
    downsample = _resnet18()["layer2.0.downsample.0.weight"]
    torch.save(_resnet18(**{"layer2.0.shortcut.0.weight": downsample}), path)
    return path


def a_backbone_without_a_head(folder: Path) -> Path:
    path = folder / "backbone.pth"
    state = _resnet18()
    torch.save({n: t for n, t in state.items() if not n.startswith("fc.")}, path)
    return path


def a_stem_of_five_pixels(folder: Path) -> Path:
    path = folder / "stem.pth"
    torch.save(_resnet18(**{"conv1.weight": torch.ones(64, 3, 5, 5)}), path)
    return path


def a_network_that_lacks_a_normalisation(folder: Path) -> Path:
    path = folder / "lacking.pth"
    state = _resnet18()
    torch.save({n: t for n, t in state.items() if not n.startswith("layer2.1.bn2.")}, path)
    return path


def another_kind_of_network(folder: Path) -> Path:
    path = folder / "vgg.pth"
    torch.save({f"features.{number}.weight": torch.ones(8, 8, 3, 3) for number in (0, 2)}, path)
    return path


def a_vision_transformer(folder: Path) -> Path:
    path = folder / "vit.pth"
    torch.save({"blocks.0.attn.qkv.weight": torch.ones(12, 4)}, path)
    return path


# Each with words that its refusal must contain.
ABSURD: dict[Callable[[Path], Path], str] = {
    a_hundred_thousand_blocks_in_a_stage: "list of tensors is larger",
    thousands_of_blocks_in_a_stage: "5,500 blocks in stage 1; here the most is 1,000",
    a_thousand_stages: "1,000 stages; here the most is 6",
    six_thousand_layers: "6,002 layers",
    a_stage_of_an_astronomical_number: "unknown to it",
    stages_with_gaps: "numbered 1, 3",
    blocks_with_gaps: "numbered 0, 5",
    a_name_of_a_million_letters: "layer1.0.aaa",
    a_million_prefixes: "no residual network",
    no_channels: "2×0",
    a_stem_without_inputs: "1×0×3×3",
    a_head_of_no_classes: "0×1",
    a_head_for_a_million_classes: "100,000",
    ten_thousand_channels_of_input: "in_channels",
    numbers_for_convolutions: "layer1.0.conv1.weight",
    bottlenecks_of_odd_widths: "no expansion and base width",
    integers_for_weights: "int8",
    a_weight_that_is_no_number: "NaN or infinite",
    an_infinite_half: "NaN or infinite",
    a_negative_variance: "negative variances",
    thirty_thousand_tensors_of_nothing: "running_mean",
    a_network_with_another_inside: "layer1.0.attention.weight",
    a_network_with_a_convolution_behind: "neck.weight",
    two_linear_layers_in_a_row: "fc2.weight",
    two_linear_layers_in_a_sequence: "fc.0, fc.2",
    two_names_for_one_layer: "layer2.0.shortcut.0.weight",
    a_backbone_without_a_head: "no linear layer",
    a_stem_of_five_pixels: "5×5",
    a_network_that_lacks_a_normalisation: "layer2.1.bn2.weight",
    another_kind_of_network: "VGG",
    a_vision_transformer: "vision transformer",
}
