"""The default of the window and the command line: digits, ResNet-20, nothing changed."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import resolve
from resnet_studio.data.sources import DataConfig
from resnet_studio.training.config import default_config
from resnet_studio.training.events import EpochDone
from tests.training.running import ended, of, run


@pytest.mark.slow
def test_the_default_passes_95_percent_within_two_minutes(tmp_path, all_threads):
    config = default_config(resolve("cifar_resnet20"), DataConfig(source="digits"))
    events = run(config, tmp_path / "run")
    assert ended(events).outcome == "finished"
    epochs = of(EpochDone, events)
    passed = next(number for number, e in enumerate(epochs, 1) if e.validation_accuracy >= 0.95)
    assert ended(events).best_accuracy >= 0.97
    # Training and validation; all ten epochs take some 15 seconds on two cores of their own.
    assert sum(epoch.seconds for epoch in epochs[:passed]) < 120
