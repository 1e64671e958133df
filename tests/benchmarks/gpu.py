"""Images a second on a CUDA device, against the loops that people use, and what the GPU could do.

The engine with pictures on the device; (a) the plain loop of tutorials in float32; (b) a loop as
torchvision's reference recipes have it: worker processes, pinned memory, autocast and a scaler;
(c) a loop as timm's training script has it: the same with channels_last, a prefetching copy on a
stream of its own, normalisation on the device and the loss read now and then. (b) and (c) are
written for this benchmark after what those programs do. All learn from pictures in the memory of
the computer, so that no disk counts; those of 224 pixels are enlarged from 32.

Utilisation is that of the model's own arithmetic: three times the multiply-accumulates of a forward
pass, two operations each, over the peak of dense bf16 that the maker names for the device.

Says so and ends where there is no CUDA device.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.common import Spread, Table, in_fresh_process
from tests.benchmarks.engine_over_bare import Case

ROUNDS = 3
STEPS = 60
WARM_UP = 15
TARGET = 0.94
PEAKS = {"H200": 989.4e12, "H100": 989.4e12, "A100": 312e12, "L40S": 362e12}
"""Dense bf16 operations a second of SXM devices, from NVIDIA's data sheets."""
CASES = (
    Case("resnet50", 224, 256, 2560),
    Case("resnet18", 32, 512, 4096),
    Case("cifar_resnet20", 32, 512, 4096),
)
_VALIDATION = 512
ENGINE, PLAIN = "engine", "(a) plain loop, fp32"
REFERENCE, TIMM = "(b) as torchvision's reference", "(c) as timm's script"


@dataclass(frozen=True, slots=True)
class OnDevice:
    """Figures of one network.

    Attributes:
        rates: Images a second by loop, round by round.
        macs: Multiply-accumulates of a forward pass of one picture.
        device: Name of the device.
        choices: What the engine chose by itself.
    """

    rates: dict[str, Spread]
    macs: int
    device: str
    choices: tuple[str, ...]

    def utilisation(self, name: str) -> Spread | None:
        """Returns the share of the device's peak in percent; None for a device not listed."""
        peak = next((value for key, value in PEAKS.items() if key in self.device), None)
        return None if peak is None else self.rates[name].scaled(100 * 6 * self.macs / peak)


def table(case: Case, figures: OnDevice) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"GPU: {case}")
    for name, rates in figures.rates.items():
        result.add(name, rates, "images/s")
    for name in figures.rates:
        if (share := figures.utilisation(name)) is not None:
            result.add(f"utilisation of bf16 peak, {name}", share, "%")
    for name in (PLAIN, REFERENCE, TIMM):
        ratio = figures.rates[ENGINE].over(figures.rates[name])
        result.add(f"RATIO engine / {name}", ratio, "x")
    result.notes += [figures.device, *figures.choices]
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints, if there is a CUDA device."""
    if not in_fresh_process(cuda_name):
        print("GPU: no CUDA device.")
        return
    for case in CASES:
        figures = in_fresh_process(compare_loops, case, 1 if quick else ROUNDS)
        print(table(case, figures), flush=True)
    if not quick:
        print(in_fresh_process(time_to_target), flush=True)


# -- in processes of their own --------------------------------------------------------------------


def cuda_name() -> str:
    """Returns the name of the CUDA device; empty if there is none."""
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


def compare_loops(case: Case, rounds: int) -> OnDevice:
    """Lets the loops train in turns on the same pictures."""
    import torch

    from resnet_studio.architecture.graph import build_graph
    from tests.benchmarks.engine_arm import EngineArm, config_for
    from tests.benchmarks.pictures import pictures

    data = pictures(train=case.pictures, validation=_VALIDATION)
    loops: dict[str, Callable[[], Iterator[int]]] = {
        PLAIN: lambda: _plain(case, data),
        REFERENCE: lambda: _reference(case, data),
        TIMM: lambda: _like_timm(case, data),
    }
    rates: dict[str, list[float]] = {name: [] for name in (ENGINE, *loops)}
    with tempfile.TemporaryDirectory() as folder:
        data.write(Path(folder) / "data")
        config = config_for(
            case.network, case.size, Path(folder) / "data", batch_size=case.batch, epochs=10_000
        )
        macs = build_graph(config.network).macs
        with EngineArm(config, Path(folder) / "run") as engine:
            engine.take(2 * WARM_UP)
            for _ in range(rounds):
                rates[ENGINE].append(_rate(engine.images(STEPS)))
                for name, loop in loops.items():
                    rates[name].append(_rate(loop(), warm_up=WARM_UP))
            assert engine.started is not None
            choices = tuple(": ".join(choice) for choice in engine.started.choices)
    spreads = {name: Spread.of(values) for name, values in rates.items()}
    return OnDevice(spreads, macs, torch.cuda.get_device_name(), choices)


def _rate(steps: Iterator[int], *, warm_up: int = 0) -> float:
    """Returns images a second of an iterator that takes a step for each item, its pictures."""
    import torch

    for _ in itertools.islice(steps, warm_up):
        pass
    torch.cuda.synchronize()
    began = time.perf_counter()
    count = sum(itertools.islice(steps, STEPS))
    torch.cuda.synchronize()
    return count / (time.perf_counter() - began)


def _model(case: Case) -> tuple[Any, Any]:
    """Returns a network on the device and its optimiser."""
    import torch

    from resnet_studio.architecture.catalog import get
    from resnet_studio.models.inplace import work_in_place
    from resnet_studio.models.resnet import build_network

    spec = get(case.network).spec.replace(classes=10, input_size=case.size)
    model = work_in_place(build_network(spec, seed=0)).cuda().train()
    return model, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)


def _endless(case: Case, data: Any, *, pinned: bool) -> Iterator[Any]:
    """Yields batches from worker processes, epoch after epoch."""
    import os

    from tests.benchmarks.plain_loop import Plain, loaders

    workers = min(16, os.cpu_count() or 1) if pinned else 2
    plain = Plain(case.size, case.batch, 1, workers, (0.1,), 0.9, 5e-4)
    loader, _ = loaders(data, plain, pinned=pinned)
    while True:
        yield from loader


def _plain(case: Case, data: Any) -> Iterator[int]:
    from torch.nn.functional import cross_entropy

    model, optimiser = _model(case)
    for images, labels in _endless(case, data, pinned=False):
        optimiser.zero_grad()
        loss = cross_entropy(model(images.cuda()), labels.cuda())
        loss.backward()
        optimiser.step()
        loss.item()
        yield len(labels)


def _reference(case: Case, data: Any) -> Iterator[int]:
    import torch
    from torch.nn.functional import cross_entropy

    model, optimiser = _model(case)
    scaler = torch.amp.GradScaler("cuda")
    for images, labels in _endless(case, data, pinned=True):
        images = images.cuda(non_blocking=True)
        labels = labels.cuda(non_blocking=True)
        with torch.autocast("cuda"):
            logits = model(images)
            loss = cross_entropy(logits, labels)
        optimiser.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        # That program counts hits and reads the loss after every step.
        (logits.argmax(1) == labels).sum().item()
        loss.item()
        yield len(labels)


def _like_timm(case: Case, data: Any) -> Iterator[int]:
    import torch
    from torch.nn.functional import cross_entropy

    model, optimiser = _model(case)
    model.to(memory_format=torch.channels_last)
    stream = torch.cuda.Stream()
    ahead: Any = None
    for step, (images, labels) in enumerate(_endless(case, data, pinned=True)):
        with torch.cuda.stream(stream):
            copied = images.cuda(non_blocking=True), labels.cuda(non_blocking=True)
        ready, ahead = ahead, copied
        torch.cuda.current_stream().wait_stream(stream)
        if ready is None:
            continue
        with torch.autocast("cuda", torch.bfloat16):
            logits = model(ready[0].contiguous(memory_format=torch.channels_last))
            loss = cross_entropy(logits, ready[1])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 50 == 0:
            loss.item()
        yield len(ready[1])


def time_to_target() -> Table:
    """Trains ResNet-18 on CIFAR-10 until 94 % of the pictures held out are named rightly.

    Needs the whole of CIFAR-10 in `../shared/data`; a tenth of its training pictures is held out.
    """
    from resnet_studio.architecture.catalog import get
    from resnet_studio.data.sources import DataConfig
    from resnet_studio.training.config import default_config
    from resnet_studio.training.presets import RECIPES
    from tests.benchmarks.common import ROOT
    from tests.benchmarks.engine_arm import EngineArm

    path = ROOT.parent / "shared" / "data" / "cifar10_train_jpeg.zip"
    result = Table(f"GPU: seconds until {TARGET:.0%} on CIFAR-10")
    if not path.exists():
        result.notes.append(f"not measured: the pictures are not in {path.parent.name}")
        return result
    spec = get("resnet18").spec.replace(stem="cifar", input_size=32)
    data = DataConfig(source="cifar10", path=str(path), validation_fraction=0.1)
    config = default_config(spec, data)
    config = config.model_copy(update={"recipe": RECIPES["fast_cifar"].recipe})
    with (
        tempfile.TemporaryDirectory() as folder,
        EngineArm(config, Path(folder) / "run") as engine,
    ):
        engine.finish()
    seconds = list(itertools.accumulate(epoch.seconds for epoch in engine.epochs))
    best = max(epoch.validation_accuracy for epoch in engine.epochs)
    result.add("best accuracy", Spread((100 * best,)), "%")
    result.add("all epochs", Spread((seconds[-1],)), "s")
    reached = [s for s, e in zip(seconds, engine.epochs, strict=True) if _enough(e)]
    if reached:
        result.add(f"until {TARGET:.0%}", Spread((reached[0],)), "s")
    return result


def _enough(epoch: Any) -> bool:
    return bool(epoch.validation_accuracy >= TARGET)
