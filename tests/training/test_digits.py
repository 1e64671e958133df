"""The default of the window and the command line: digits, ResNet-20, nothing changed."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import resolve
from resnet_studio.data.sources import DataConfig
from resnet_studio.training.config import default_config
from resnet_studio.training.events import EpochDone
from tests.training.running import ended, of, run


@pytest.mark.slow
def test_the_default_passes_95_percent(tmp_path, all_threads):
    config = default_config(resolve("cifar_resnet20"), DataConfig(source="digits"))
    events = run(config, tmp_path / "run")
    assert ended(events).outcome == "finished"
    # How long it takes is measured by tests/benchmarks, on a machine that does nothing else.
    assert max(epoch.validation_accuracy for epoch in of(EpochDone, events)) >= 0.97
