"""Receptive fields: what a cell can see, beside what moves it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import StemKind
from resnet_studio.probe.field import (
    Cell,
    PixelBox,
    measure_field,
    sees_everything,
    theoretical_box,
    tight_box,
)
from resnet_studio.probe.layer_maps import take_layer
from resnet_studio.probe.network import load_network
from resnet_studio.probe.predict import prepare
from resnet_studio.probe.surgery import NO_SURGERY, operate

FAMILIES = {
    "basic": {},
    "bottleneck": {"block": "bottleneck", "depths": (1, 2)},
    "full pre-activation": {"order": "full_preactivation"},
    "gates": {"shortcut_type": "highway"},
    "zero padding": {"shortcut": "A"},
    "pooled": {"stem": "imagenet", "input_size": 37},
    "tutorial": {"stem": "tutorial", "input_size": 38},
    "deep stem, average pool": {"stem": "deep", "projection": "avgpool", "input_size": 37},
}


def _all_positive(spec) -> nn.Module:
    """Returns a network through which every number that can be seen moves the result.

    All weights are positive, so nothing cancels and no ReLU is shut; the max pool, which looks
    at one number of each window, becomes a mean over the same window.
    """
    model = load_network(spec).model
    generator = torch.Generator().manual_seed(3)
    for parameter in model.parameters():
        parameter.copy_(0.1 + 0.1 * torch.rand(parameter.shape, generator=generator))
    if isinstance(model.maxpool, nn.MaxPool2d):
        pool = model.maxpool
        model.maxpool = nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding)
    return model


def _supports(model: nn.Module, pixels: Tensor, layers: set[str]) -> dict[str, Tensor]:
    """Returns for each layer which pixels move each cell: (H, W, S, S) bool."""
    outputs: dict[str, Tensor] = {}
    handles = [
        module.register_forward_hook(
            lambda _module, _inputs, output, name=name: outputs.update({name: output})
        )
        for name, module in model.named_modules()
        if name in layers
    ]
    pixels.requires_grad_()
    model(pixels)
    for handle in handles:
        handle.remove()
    return {name: _moved(output, pixels) for name, output in outputs.items()}


def _moved(output: Tensor, pixels: Tensor) -> Tensor:
    cells = output.sum(dim=1)[0] if output.ndim == 4 else output.sum().reshape(1, 1)
    each = torch.eye(cells.numel()).reshape(-1, *cells.shape)
    (gradient,) = torch.autograd.grad(cells, pixels, each, is_grads_batched=True, retain_graph=True)
    return (gradient[:, 0] != 0).any(dim=1).reshape(*cells.shape, *pixels.shape[-2:])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_theoretical_field_is_what_moves_a_cell_for_every_cell_of_every_layer(
    tiny_spec, family
):
    small = {"depths": (1, 1), "widths": (2, 3), "stem_width": 2, "input_size": 14}
    spec = tiny_spec.replace(**small | FAMILIES[family])
    graph, size = build_graph(spec), spec.input_size
    layers = {layer.name: layer for layer in graph.layers}
    pixels = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(1))
    for name, support in _supports(_all_positive(spec), pixels, set(layers)).items():
        for row, column in np.ndindex(*support.shape[:2]):
            box = theoretical_box(layers[name].receptive_field, row, column).within(size)
            rows, columns = np.nonzero(support[row, column].numpy())
            moved = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            if spec.stem is StemKind.TUTORIAL:  # its unpadded windows leave the last pixels out
                moved[2:] = np.where(np.greater_equal(moved[2:], size - 3), box[2:], moved[2:])
            assert tuple(moved) == tuple(box), (name, row, column)


def test_the_gradient_is_torchs_own_and_its_value_that_of_the_map(tiny, picture):
    cell = Cell(channel=5, row=7, column=3)
    found = measure_field(tiny, picture, "layer2.0.add", cell)
    maps = take_layer(tiny, prepare(tiny, picture), "layer2.0.add").maps
    assert found.value == float(maps[5, 7, 3])

    batch = prepare(tiny, picture).batch.requires_grad_()
    model, x = tiny.model, batch
    x = model.layer1(model.relu(model.bn1(model.conv1(x))))
    block = model.layer2[0]
    total = block.bn2(block.conv2(block.relu1(block.bn1(block.conv1(x))))) + block.downsample(x)
    total[0, 5, 7, 3].backward()
    np.testing.assert_allclose(
        found.magnitude, batch.grad[0].abs().sum(dim=0).numpy(), rtol=1e-5, atol=1e-7
    )
    assert found.box is not None
    left, top, right, bottom = found.box
    inside = found.magnitude[top:bottom, left:right].sum()
    assert inside >= 0.95 * found.magnitude.sum()


def test_the_measured_box_lies_in_the_theoretical_one(tiny, picture):
    layer = build_graph(tiny.spec).find("layer1.0.conv2")
    for row, column in ((0, 0), (4, 31), (17, 9)):
        measured = measure_field(tiny, picture, layer.name, Cell(1, row, column)).box
        field = theoretical_box(layer.receptive_field, row, column).within(32)
        assert field.left <= measured.left < measured.right <= field.right
        assert field.top <= measured.top < measured.bottom <= field.bottom


@pytest.mark.parametrize("layer", ["avgpool", "fc"])
def test_a_vector_has_one_cell_for_each_number(tiny, picture, layer):
    found = measure_field(tiny, picture, layer, Cell(2, 0, 0))
    assert found.value == float(take_layer(tiny, prepare(tiny, picture), layer).maps[2, 0, 0])
    assert found.box is not None


def test_a_cell_that_nothing_moves_has_no_box(tiny, picture):
    with torch.no_grad():
        tiny.model.layer2[0].bn2.bias.fill_(-1e6)
    found = measure_field(tiny, picture, "layer2.0.relu2", Cell(0, 3, 3))
    assert found.value == 0
    assert found.box is None
    assert not found.magnitude.any()


def test_behind_a_block_of_which_surgery_left_nothing_no_pixel_moves_a_cell(tiny, picture):
    nothing = NO_SURGERY.changed("layer1.0", shortcut=0.0, branch=0.0)
    found = measure_field(operate(tiny, nothing), picture, "layer2.0", Cell(0, 1, 1))
    assert not found.magnitude.any()
    assert found.box is None


def test_looking_at_the_gradient_leaves_the_network_as_it_was(tiny, picture):
    measure_field(tiny, picture, "layer1.0.add", Cell(0, 0, 0))
    assert not any(module._forward_hooks for module in tiny.model.modules())
    assert not any(parameter.requires_grad for parameter in tiny.model.parameters())
    with pytest.raises(IndexError):
        measure_field(tiny, picture, "layer1.0.add", Cell(400, 0, 0))


def test_a_squeeze_and_excitation_before_a_layer_sees_the_whole_picture(tiny_spec, picture):
    spec = tiny_spec.replace(se_reduction=2)
    graph = build_graph(spec)
    seen = [
        name
        for name in ("stem", "layer1.0.bn2", "layer1.0.se", "layer1", "fc")
        if sees_everything(graph, name)
    ]
    assert seen == ["layer1.0.se", "layer1", "fc"]
    assert not sees_everything(build_graph(tiny_spec), "fc")
    found = measure_field(load_network(spec), picture, "layer1.0.add", Cell(0, 0, 0))
    field = theoretical_box(graph.find("layer1.0.add").receptive_field, 0, 0).within(32)
    outside = found.magnitude.copy()
    outside[: field.bottom, : field.right] = 0
    assert outside.any()


def test_a_tight_box_drops_what_is_least_and_keeps_the_share():
    magnitude = np.zeros((9, 12), dtype=np.float32)
    magnitude[3:6, 4:9] = 10.0
    magnitude[0, 0] = 1.0
    assert tight_box(magnitude) == PixelBox(4, 3, 9, 6)
    assert tight_box(magnitude, share=1.0) == PixelBox(0, 0, 9, 6)
    assert tight_box(np.zeros((4, 4), dtype=np.float32)) is None
    assert tight_box(np.full((4, 4), np.nan, dtype=np.float32)) is None
    point = np.zeros((4, 4), dtype=np.float32)
    point[2, 1] = 1.0
    assert tight_box(point) == PixelBox(1, 2, 2, 3)


def test_a_box_is_found_again_on_the_picture_through_the_crop():
    box = PixelBox(-3, 8, 16, 24)
    assert (box.width, box.height) == (19, 16)
    assert box.within(32) == PixelBox(0, 8, 16, 24)
    assert box.within(32).on_picture((10.0, 0.0, 64.0, 64.0), 32) == (10.0, 16.0, 32.0, 32.0)
