"""The plain training loop that tutorials teach, as the reference that the engine is held against.

A `Dataset` of PIL pictures, torchvision's transforms picture by picture, a `DataLoader`, float32,
the default memory order, and the loss read after each step. Written for this benchmark.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer
    from torch.utils.data import DataLoader

    from tests.benchmarks.pictures import Images, Labels, Pictures

CIFAR_MEAN, CIFAR_STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


@dataclass(frozen=True, slots=True)
class Plain:
    """How the loop is run.

    Attributes:
        size: Input in pixels.
        batch: Pictures in a step.
        epochs: Passes over the training pictures.
        workers: Processes of the loader; 0 loads between the steps.
        rates: Learning rate of each step.
        momentum: Of SGD, with Nesterov's gradient.
        weight_decay: On all parameters.
    """

    size: int
    batch: int
    epochs: int
    workers: int
    rates: tuple[float, ...]
    momentum: float
    weight_decay: float


class PilPictures:
    """Pictures one at a time, transformed when asked for; a map-style data set."""

    def __init__(
        self, images: Images, labels: Labels, transform: Callable[[Image.Image], Tensor]
    ) -> None:
        self._images = images
        self._labels = labels.tolist()
        self._transform = transform

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._transform(Image.fromarray(self._images[index])), self._labels[index]


def train(model: nn.Module, data: Pictures, plain: Plain) -> tuple[float, float]:
    """Trains on the processor.

    Returns:
        Images a second in the training parts of the epochs after the first (of the only one, if
        there is one), and the share of the validation pictures that are classified right at the
        end.
    """
    import torch

    optimiser = torch.optim.SGD(
        model.parameters(),
        lr=plain.rates[0],
        momentum=plain.momentum,
        nesterov=True,
        weight_decay=plain.weight_decay,
    )
    train_loader, validation_loader = loaders(data, plain)
    rates = iter(plain.rates)
    seconds = [
        _train_epoch(model, optimiser, train_loader, lambda: next(rates))
        for _ in range(plain.epochs)
    ]
    counted = seconds[1:] or seconds
    return len(data.train) * len(counted) / sum(counted), _accuracy(model, validation_loader)


def loaders(
    data: Pictures, plain: Plain, *, pinned: bool = False
) -> tuple[DataLoader[Any], DataLoader[Any]]:
    """Returns the loaders of the training and of the validation pictures."""
    from torch.utils.data import DataLoader
    from torchvision import transforms

    scaled = [] if plain.size == data.train.shape[1] else [transforms.Resize(plain.size)]
    tensor = [transforms.ToTensor(), transforms.Normalize(CIFAR_MEAN, CIFAR_STD)]
    chance = [
        transforms.RandomCrop(plain.size, padding=plain.size // 8),
        transforms.RandomHorizontalFlip(),
    ]
    train_set: Any = PilPictures(
        data.train, data.train_labels, transforms.Compose([*scaled, *chance, *tensor])
    )
    validation_set: Any = PilPictures(
        data.validation, data.validation_labels, transforms.Compose([*scaled, *tensor])
    )
    options: dict[str, Any] = {
        "batch_size": plain.batch,
        "num_workers": plain.workers,
        "pin_memory": pinned,
    }
    return DataLoader(train_set, shuffle=True, **options), DataLoader(validation_set, **options)


def _train_epoch(
    model: nn.Module,
    optimiser: Optimizer,
    loader: DataLoader[Any],
    next_rate: Callable[[], float],
) -> float:
    """Trains one epoch and returns its seconds, the start of the loader included."""
    from torch.nn.functional import cross_entropy

    model.train()
    began = time.perf_counter()
    running_loss = 0.0
    for images, labels in loader:
        for group in optimiser.param_groups:
            group["lr"] = next_rate()
        optimiser.zero_grad()
        loss = cross_entropy(model(images), labels)
        loss.backward()
        optimiser.step()
        running_loss += loss.item()
    return time.perf_counter() - began


def _accuracy(model: nn.Module, loader: DataLoader[Any]) -> float:
    import torch

    model.eval()
    right = count = 0
    with torch.no_grad():
        for images, labels in loader:
            right += int((model(images).argmax(1) == labels).sum())
            count += len(labels)
    return right / count
