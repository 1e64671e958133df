"""Images a second of the engine over those of the plain loop of tutorials, and what both learn.

Both train the same network on the same pictures with the same recipe from the same first weights,
each in a process of its own, in turns, the seed changing from pair to pair. Only the chance of
order and augmentation differs. The plain loop loads with 0 and with 2 worker processes; the faster
one is what the engine is held against.
"""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.common import Spread, Table, in_fresh_process, load

if TYPE_CHECKING:
    from resnet_studio.training.config import RunConfig

PAIRS = 3
WORKERS = (0, 2)


@dataclass(frozen=True, slots=True)
class Case:
    """What is trained.

    Attributes:
        network: Id in the catalogue.
        size: Input in pixels.
        batch: Pictures in a step.
        epochs: Passes over the training pictures.
        train: Training pictures, a multiple of `batch`.
        validation: Validation pictures.
    """

    network: str
    size: int
    batch: int
    epochs: int
    train: int
    validation: int

    def __str__(self) -> str:
        return f"{self.network}, {self.size} px, batch {self.batch}"


CASES = (
    Case("cifar_resnet20", 32, 128, epochs=8, train=2560, validation=2000),
    Case("resnet18", 96, 32, epochs=3, train=1600, validation=2000),
)
QUICK_CASES = (
    Case("cifar_resnet20", 32, 128, epochs=2, train=1280, validation=256),
    Case("resnet18", 96, 32, epochs=2, train=320, validation=256),
)


@dataclass(frozen=True, slots=True)
class Arm:
    """What one training gave.

    Attributes:
        rate: Images a second in the training parts of the epochs after the first.
        accuracy: Of the validation pictures, at the end.
        about: Hardware and pictures in words.
    """

    rate: float
    accuracy: float
    about: str


@dataclass(frozen=True, slots=True)
class OverReference:
    """All arms, pair by pair.

    Attributes:
        engine: The engine's runs.
        plain: By worker processes, the plain loop's.
        load: Load averages at the start.
    """

    engine: tuple[Arm, ...]
    plain: dict[int, tuple[Arm, ...]]
    load: str


def measure(case: Case, *, pairs: int = PAIRS) -> OverReference:
    """Trains in turns, each time in a process of its own."""
    load_before = load()
    engine: list[Arm] = []
    plain: dict[int, list[Arm]] = {workers: [] for workers in WORKERS}
    for seed in range(pairs):
        for workers in WORKERS:
            plain[workers].append(in_fresh_process(train_plainly, case, workers, seed))
        engine.append(in_fresh_process(train_with_engine, case, seed))
    return OverReference(
        tuple(engine), {workers: tuple(arms) for workers, arms in plain.items()}, load_before
    )


def table(case: Case, figures: OverReference) -> Table:
    """Lays the figures out for printing."""
    result = Table(f"Engine over the plain loop: {case}")
    engine = Spread.of(arm.rate for arm in figures.engine)
    plain = {w: Spread.of(arm.rate for arm in arms) for w, arms in figures.plain.items()}
    result.add("engine", engine, "images/s")
    for workers, rates in plain.items():
        result.add(f"plain loop, {workers} workers", rates, "images/s")
    faster = max(plain, key=lambda workers: plain[workers].median)
    result.add(f"RATIO engine / plain, {faster} workers", engine.over(plain[faster]), "x")
    learnt = Spread.of(100 * arm.accuracy for arm in figures.engine)
    taught = Spread.of(100 * arm.accuracy for arms in figures.plain.values() for arm in arms)
    result.add("accuracy, engine", learnt, "%")
    result.add("accuracy, plain loop", taught, "%")
    result.notes.append(
        f"{case.epochs} epochs of {case.train:,}, {case.validation:,} validated; accuracies differ "
        f"by {statistics.mean(learnt.values) - statistics.mean(taught.values):+.1f} points, "
        f"standard error {_standard_error(learnt, taught):.1f}"
    )
    arm = figures.engine[0]
    result.notes.append(f"engine: {arm.about}; plain loop: {figures.plain[faster][0].about}")
    result.notes.append(f"fresh processes in turns, load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    for case in QUICK_CASES if quick else CASES:
        print(table(case, measure(case, pairs=1 if quick else PAIRS)), flush=True)


def _standard_error(a: Spread, b: Spread) -> float:
    """Returns the standard error of the difference of two means; NaN with a single figure."""
    if min(len(a.values), len(b.values)) < 2:
        return float("nan")
    squares = (statistics.variance(each.values) / len(each.values) for each in (a, b))
    return float(sum(squares) ** 0.5)


# -- in processes of their own --------------------------------------------------------------------


def train_with_engine(case: Case, seed: int) -> Arm:
    """Trains by `fit`, without a window."""
    from resnet_studio.environment import prepare_for_torch

    prepare_for_torch()
    from tests.benchmarks.engine_arm import EngineArm
    from tests.benchmarks.pictures import pictures

    data = pictures(train=case.train, validation=case.validation)
    with tempfile.TemporaryDirectory() as folder:
        data.write(Path(folder) / "data")
        with EngineArm(_config(case, Path(folder) / "data", seed), Path(folder) / "run") as engine:
            engine.finish()
    counted = engine.step_seconds[case.train // case.batch :]
    return Arm(
        rate=len(counted) * case.batch / sum(counted),
        accuracy=engine.epochs[-1].validation_accuracy,
        about=f"{engine.hardware}; {data.name}",
    )


def train_plainly(case: Case, workers: int, seed: int) -> Arm:
    """Trains by the plain loop, with the engine's first weights and learning rates."""
    import torch

    from resnet_studio.models.inplace import work_in_place
    from resnet_studio.models.resnet import build_network
    from resnet_studio.training.schedules import learning_rate
    from tests.benchmarks.pictures import pictures
    from tests.benchmarks.plain_loop import Plain, train

    config = _config(case, Path("data"), seed)
    recipe, steps = config.recipe, case.train // case.batch
    plain = Plain(
        size=case.size,
        batch=case.batch,
        epochs=case.epochs,
        workers=workers,
        rates=tuple(learning_rate(recipe, step, steps) for step in range(case.epochs * steps)),
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
    )
    data = pictures(train=case.train, validation=case.validation)
    torch.manual_seed(seed)
    # In place, as torchvision's networks work, or the reference would be slower than it need be.
    model = work_in_place(build_network(config.network, seed=seed))
    rate, accuracy = train(model, data, plain)
    return Arm(rate, accuracy, f"fp32, NCHW, {torch.get_num_threads()} threads")


def _config(case: Case, data: Path, seed: int) -> RunConfig:
    from tests.benchmarks.engine_arm import config_for

    return config_for(
        case.network,
        case.size,
        data,
        batch_size=case.batch,
        epochs=case.epochs,
        # The base rate that quick runs have for 128 pictures.
        learning_rate=0.1 * case.batch / 128,
        seed=seed,
    )
