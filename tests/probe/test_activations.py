from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import ActivationOrder, StemKind
from resnet_studio.data.imaging import picture_from_array
from resnet_studio.errors import Cancelled
from resnet_studio.probe.activations import examine
from resnet_studio.probe.network import load_network
from resnet_studio.probe.predict import classify, prepare


def _directly(network, picture) -> dict[str, np.ndarray]:
    """Computes the sections' outputs by calling the modules one after another."""
    model = network.model
    with torch.inference_mode():
        x = prepare(network, picture).batch
        x = model.maxpool(model.relu(model.bn1(model.conv1(x))))
        outputs = {"stem": x[0].numpy().copy()}
        for name, stage in model.stages.items():
            x = stage(x)
            outputs[name] = x[0].numpy().copy()
    return outputs


def _no_hooks(network) -> bool:
    return not any(module._forward_hooks for module in network.model.modules())


@pytest.mark.parametrize("spec_name", ["tiny_spec", "tiny_pooled_spec"])
def test_maps_are_those_of_a_direct_pass_to_the_bit(spec_name, picture, request):
    network = load_network(request.getfixturevalue(spec_name))
    found = examine(network, picture)
    expected = _directly(network, picture)
    assert [section.name for section in found.sections] == list(expected)
    for section in found.sections:
        np.testing.assert_array_equal(section.maps, expected[section.name])
        np.testing.assert_allclose(
            section.channel_mean, section.maps.mean(axis=(1, 2)), rtol=1e-5, atol=1e-7
        )
    assert found.predictions == classify(network, picture)


def test_sections_say_where_they_were_taken(tiny, tiny_pooled_spec, picture):
    plain = examine(tiny, picture).sections
    pooled = examine(load_network(tiny_pooled_spec), picture).sections
    assert [(section.title, section.module) for section in plain] == [
        ("Stem", "relu"),
        ("Stage 1", "layer1"),
        ("Stage 2", "layer2"),
    ]
    assert pooled[0].module == "maxpool"
    assert plain[0].maps.shape == (4, 32, 32)
    assert pooled[0].maps.shape == (4, 16, 16)


@pytest.mark.parametrize("stem", StemKind)
@pytest.mark.parametrize("order", ActivationOrder)
def test_the_maps_of_the_stem_are_those_of_its_last_layer(tiny_spec, picture, stem, order):
    spec = tiny_spec.replace(stem=stem, order=order)
    maps = examine(load_network(spec), picture).sections[0]
    last = build_graph(spec).stem.layers[-1]
    assert (maps.module, maps.maps.shape) == (last.name, last.output_shape)


def test_the_network_is_left_as_it_was(tiny, picture):
    before = {name: tensor.clone() for name, tensor in tiny.model.state_dict().items()}
    examine(tiny, picture)
    assert all(torch.equal(before[name], t) for name, t in tiny.model.state_dict().items())
    assert _no_hooks(tiny)


def test_hooks_go_even_if_the_pass_fails(tiny, picture):
    tiny.model.fc = torch.nn.Linear(3, 5)  # does not fit the 8 channels before it
    with pytest.raises(RuntimeError):
        examine(tiny, picture)
    assert _no_hooks(tiny)


def test_a_cancelled_pass_ends_at_the_next_section(tiny, picture):
    calls = []

    def check() -> None:
        calls.append(len(calls))
        if len(calls) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        examine(tiny, picture, check=check)
    assert calls == [0, 1]
    assert _no_hooks(tiny)


def test_a_module_that_works_in_place_does_not_spoil_the_maps_before_it(tiny, picture):
    expected = _directly(tiny, picture)["layer1"]
    handle = tiny.model.layer2.register_forward_pre_hook(lambda _module, args: args[0].zero_())
    found = examine(tiny, picture)
    handle.remove()
    np.testing.assert_array_equal(found.sections[1].maps, expected)


def test_maps_cannot_be_changed_by_who_shows_them(tiny, picture):
    with pytest.raises(ValueError, match="read-only"):
        examine(tiny, picture).sections[0].maps[0, 0, 0] = 1.0


def test_two_threads_may_look_into_the_same_network(tiny, picture):
    other = picture_from_array(255 - picture.rgb, name="negative")
    alone = {"one": examine(tiny, picture), "two": examine(tiny, other)}
    found: dict[str, list] = {"one": [], "two": []}
    meeting = threading.Barrier(2)

    def work(name: str, shown) -> None:
        # The barrier puts both threads between their hooks at the same time.
        for _ in range(5):
            meeting.wait()
            found[name].append(examine(tiny, shown, check=lambda: meeting.wait(timeout=20)))

    threads = [
        threading.Thread(target=work, args=(name, shown))
        for name, shown in (("one", picture), ("two", other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, results in found.items():
        assert len(results) == 5
        for result in results:
            assert len(result.sections) == 3
            for mine, reference in zip(result.sections, alone[name].sections, strict=True):
                np.testing.assert_array_equal(mine.maps, reference.maps)


def test_values_that_are_not_finite_are_counted(tiny, picture):
    with torch.no_grad():
        tiny.model.layer1[0].bn2.bias[2] = float("inf")
    found = examine(tiny, picture)
    assert found.sections[0].broken == 0
    assert found.sections[1].broken == 32 * 32
    assert found.predictions == ()


@pytest.mark.parametrize("shape", [(1, 1), (5, 200), (300, 200)])
def test_pictures_of_any_size_can_be_examined(tiny, shape):
    found = examine(tiny, picture_from_array(np.full((*shape, 3), 60, dtype=np.uint8)))
    assert found.crop_rgb.shape == (32, 32, 3)
    left, top, width, height = found.crop_box
    assert width > 0
    assert height > 0
    assert left + width <= shape[1] + 1
    assert top + height <= shape[0] + 1
