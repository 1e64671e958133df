"""What the benchmarks of the engine are built of: they run seldom, and would rot unseen."""

from __future__ import annotations

import numpy as np
import pytest

from resnet_studio.architecture.catalog import get
from resnet_studio.data.sources import DataConfig, load_dataset
from resnet_studio.models.resnet import build_network
from tests.benchmarks import pictures as pictures_module
from tests.benchmarks.common import Spread, percentile
from tests.benchmarks.engine_arm import EngineArm, config_for
from tests.benchmarks.pictures import Pictures, tinted_digits
from tests.benchmarks.plain_loop import Plain, train


@pytest.fixture
def data(monkeypatch, tmp_path) -> Pictures:
    monkeypatch.setattr(pictures_module, "CIFAR_ZIP", tmp_path / "missing.zip")
    return pictures_module.pictures(train=32, validation=16)


def test_tinted_digits_are_always_the_same_and_show_all_classes():
    classes, images, labels = tinted_digits(200)
    again = tinted_digits(200)
    assert images.shape == (200, 32, 32, 3)
    assert np.array_equal(images, again[1])
    assert np.array_equal(labels, again[2])
    assert set(labels.tolist()) == set(range(len(classes)))


def test_both_arms_get_the_same_pictures_divided_alike(data, tmp_path):
    data.write(tmp_path / "data")
    split = load_dataset(DataConfig(source="folder", path=str(tmp_path / "data")))
    assert (len(split.train), len(split.validation)) == (32, 16)
    written = {image.tobytes() for image in data.train}
    assert {split.train.dataset.images[i].tobytes() for i in split.train.indices} == written


def test_the_engine_is_taken_some_steps_at_a_time_and_ends_its_run(data, tmp_path):
    data.write(tmp_path / "data")
    config = config_for("cifar_resnet20", 32, tmp_path / "data", batch_size=16, epochs=2, threads=1)
    with EngineArm(config, tmp_path / "run") as engine:
        assert engine.take(1) > 0
        engine.finish()
    assert len(engine.step_seconds) == 4
    assert [epoch.epoch for epoch in engine.epochs] == [1, 2]
    assert "1 threads" in engine.hardware


def test_the_plain_loop_trains_the_same_network_on_the_same_pictures(data):
    spec = get("cifar_resnet20").spec
    plain = Plain(32, 16, 1, 0, rates=(0.1, 0.1), momentum=0.9, weight_decay=5e-4)
    network = build_network(spec, seed=0)
    before = network.fc.weight.detach().clone()
    rate, accuracy = train(network, data, plain)
    assert rate > 0
    assert 0 <= accuracy <= 1
    assert not (network.fc.weight == before).all()


def test_spreads_tell_what_was_disturbed_least():
    spread = Spread.of(float(value) for value in range(1, 21))
    assert spread.fastest.values == (18.0,)
    assert percentile(spread.values, 99) == 20.0
    assert percentile(spread.values, 50) == 10.0
