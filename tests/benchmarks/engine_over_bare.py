"""Images a second of a whole training run over those of its arithmetic alone: the limit.

The engine reads and augments batches, measures, logs and tells events. The bare loop takes the
same steps on one batch held in memory: forward, backward, optimiser. Network, optimiser, memory
order, arithmetic and number of threads are the same. Both take short blocks of steps in turns in
one process, the second of a pair beginning the next, so that whatever else the computer does
touches both.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.common import Spread, Table, in_fresh_process, load

if TYPE_CHECKING:
    from resnet_studio.training.config import RunConfig
    from resnet_studio.training.devices import Hardware

PAIRS = 40
BLOCK = 3
"""Steps in a block."""
_WARM_UP = 6
_VALIDATION = 64


@dataclass(frozen=True, slots=True)
class Case:
    """What is trained.

    Attributes:
        network: Id in the catalogue.
        size: Input in pixels.
        batch: Pictures in a step.
        pictures: Pictures in an epoch, a multiple of `batch`.
    """

    network: str
    size: int
    batch: int
    pictures: int

    def __str__(self) -> str:
        return f"{self.network}, {self.size} px, batch {self.batch}"


CASES = (Case("cifar_resnet20", 32, 128, 2560), Case("resnet18", 96, 32, 640))


@dataclass(frozen=True, slots=True)
class OverBare:
    """Images a second of both arms, block by block.

    Attributes:
        engine: Of `fit`.
        bare: Of forward, backward and step alone.
        hardware: Device, precision and threads in words.
        load: Load averages at the start.
    """

    engine: Spread
    bare: Spread
    hardware: str
    load: str


def measure(case: Case, *, pairs: int = PAIRS, block: int = BLOCK) -> OverBare:
    """Takes steps in turns, in a process of its own."""
    load_before = load()
    engine, bare, hardware = in_fresh_process(run_blocks, case, pairs, block)
    return OverBare(engine, bare, hardware, load_before)


def table(case: Case, figures: OverBare) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Engine over its bare arithmetic: {case}")
    result.add("engine", figures.engine, "images/s")
    result.add("bare steps on one batch", figures.bare, "images/s")
    result.add("RATIO engine / bare", figures.engine.over(figures.bare), "x")
    fastest = figures.engine.fastest.over(figures.bare.fastest)
    result.add("RATIO of the fastest tenths", fastest, "x")
    result.notes.append(f"{figures.hardware}; blocks in turns, load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    for case in CASES:
        print(table(case, measure(case, pairs=4) if quick else measure(case)), flush=True)


# -- in a process of its own ----------------------------------------------------------------------


def run_blocks(case: Case, pairs: int, block: int) -> tuple[Spread, Spread, str]:
    """Returns images a second of the engine and of the bare loop, and the hardware in words."""
    from resnet_studio.environment import prepare_for_torch

    prepare_for_torch()
    import torch

    from resnet_studio.training.devices import choose_hardware
    from tests.benchmarks.engine_arm import EngineArm, config_for
    from tests.benchmarks.pictures import pictures

    with tempfile.TemporaryDirectory() as folder:
        pictures(train=case.pictures, validation=_VALIDATION).write(Path(folder) / "data")
        config = config_for(
            case.network,
            case.size,
            Path(folder) / "data",
            batch_size=case.batch,
            epochs=10_000,
            # Left open, the engine might go on with fewer on a busy computer.
            threads=torch.get_num_threads(),
        )
        bare = Bare(config, choose_hardware(config.recipe))
        rates: dict[str, list[float]] = {"engine": [], "bare": []}
        with EngineArm(config, Path(folder) / "run") as engine:
            engine.take(_WARM_UP)
            bare.take(_WARM_UP)
            arms = {"engine": engine.take, "bare": bare.take}
            for pair in range(pairs):
                for name in sorted(arms, reverse=bool(pair % 2)):
                    rates[name].append(block * case.batch / arms[name](block))
            return Spread.of(rates["engine"]), Spread.of(rates["bare"]), engine.hardware


class Bare:
    """Forward, backward and step on one batch."""

    def __init__(self, config: RunConfig, hardware: Hardware) -> None:
        import torch

        from resnet_studio.models.inplace import work_in_place
        from resnet_studio.models.resnet import build_network
        from resnet_studio.training.optim import make_optimiser

        device, batch = hardware.device, config.recipe.batch_size
        size = config.network.input_size
        self._model = work_in_place(build_network(config.network, seed=0)).to(device).train()
        self._model.to(memory_format=torch.channels_last)
        self._optimiser = make_optimiser(self._model, config.recipe)
        images = torch.randn(batch, 3, size, size, device=device)
        self._images = images.contiguous(memory_format=torch.channels_last)
        self._labels = torch.randint(config.network.classes, (batch,), device=device)
        self._hardware = hardware

    def take(self, steps: int) -> float:
        """Takes so many steps and returns the seconds that they took."""
        began = time.perf_counter()
        for _ in range(steps):
            self._step()
        return time.perf_counter() - began

    def _step(self) -> None:
        import torch
        from torch.nn.functional import cross_entropy

        from resnet_studio.training.recipe_choices import Precision

        hardware = self._hardware
        bf16 = hardware.precision is Precision.BF16
        with torch.autocast(hardware.device.type, torch.bfloat16, enabled=bf16):
            logits = self._model(self._images)
        self._optimiser.zero_grad(set_to_none=True)
        cross_entropy(logits.float(), self._labels).backward()
        self._optimiser.step()
