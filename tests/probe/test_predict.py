from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from resnet_studio.data.augment import PRESETS, draw
from resnet_studio.data.imaging import picture_from_array
from resnet_studio.data.transforms import apply, denormalise
from resnet_studio.errors import PictureError
from resnet_studio.probe.network import load_network
from resnet_studio.probe.predict import classify, forward, prepare


def test_probabilities_are_the_softmax_of_one_plain_forward_pass(tiny, picture):
    batch = apply(
        tiny.preprocessing, picture.rgb, draw(tiny.preprocessing, picture.height, picture.width)
    )
    with torch.inference_mode():
        expected = torch.softmax(tiny.model(batch[None])[0].double(), dim=0)
    found = classify(tiny, picture, top=5)
    assert sorted(prediction.index for prediction in found) == [0, 1, 2, 3, 4]
    for prediction in found:
        assert prediction.probability == float(expected[prediction.index])
        assert prediction.name == tiny.classes[prediction.index]
    values = [prediction.probability for prediction in found]
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1.0)


def test_no_more_classes_are_named_than_there_are(tiny, picture):
    assert len(classify(tiny, picture, top=50)) == 5
    assert len(classify(tiny, picture, top=2)) == 2


def test_equal_probabilities_stand_in_the_order_of_the_classes(tiny, picture):
    torch.nn.init.zeros_(tiny.model.fc.weight)
    torch.nn.init.zeros_(tiny.model.fc.bias)
    found = classify(tiny, picture)
    assert [prediction.index for prediction in found] == [0, 1, 2, 3, 4]
    assert found[0].probability == pytest.approx(0.2)


def test_the_crop_for_the_eye_is_what_the_network_reads(tiny, picture):
    prepared = prepare(tiny, picture)
    assert prepared.batch.shape == (1, 3, 32, 32)
    np.testing.assert_array_equal(prepared.rgb, denormalise(prepared.batch[0], tiny.preprocessing))
    # 40 x 56 is resized to 32 on its shorter side; the crop is the central square.
    assert prepared.crop_box == pytest.approx((8.0, 0.0, 40.0, 40.0), abs=1.3)


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (700, 3), (33, 31)])
def test_pictures_of_any_size_are_classified(tiny, shape):
    pixels = np.full((*shape, 3), 90, dtype=np.uint8)
    assert len(classify(tiny, picture_from_array(pixels))) == 5


def test_a_pipeline_with_chance_gives_the_same_numbers_each_time(tiny, picture):
    network = dataclasses.replace(tiny, preprocessing=PRESETS["imagenet_train"])
    assert classify(network, picture) == classify(network, picture)


def test_a_network_for_grey_pictures_says_so(tiny_spec, picture):
    grey = load_network(tiny_spec.replace(in_channels=1))
    with pytest.raises(PictureError, match="1 channels") as caught:
        classify(grey, picture)
    assert "3" in caught.value.remedy


def test_outputs_beyond_any_number_give_no_classes(tiny, picture):
    torch.nn.init.constant_(tiny.model.fc.weight, 3e38)
    assert classify(tiny, picture) == ()


def test_a_network_in_training_mode_is_refused_because_the_picture_would_change_it(tiny, picture):
    tiny.model.train()
    before = {name: tensor.clone() for name, tensor in tiny.model.state_dict().items()}
    with pytest.raises(ValueError, match="evaluation mode"):
        forward(tiny, prepare(tiny, picture).batch)
    assert all(torch.equal(before[n], t) for n, t in tiny.model.state_dict().items())


def test_a_picture_too_elongated_is_refused_by_its_name(tiny):
    line = picture_from_array(np.zeros((60_000, 1, 3), dtype=np.uint8), name="line.png")
    with pytest.raises(PictureError, match=r"line\.png: .*elongated") as caught:
        classify(tiny, line)
    assert caught.value.remedy
