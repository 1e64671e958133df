"""One training step and one validation step: the arithmetic at the heart of the loop.

Nothing here reads a result from the device: figures are tensors on it, and the loop reads many at
once. The one exception is the processor, where reading waits for nothing.

So on a device with a queue of work, steps are queued before anybody knows of one whose gradient is
not finite. That one and all that follow it then change nothing: fused optimisers of torch write
nothing where their `found_inf` is 1, as `torch.amp.GradScaler` uses it; buffers and the mean of the
weights are chosen on the device. This has been tested with queued steps on the processor only: no
CUDA device was at hand. Without a fused optimiser, as on Metal, such steps are taken.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_studio.models.resnet import ResNet
from resnet_studio.training.averaging import Average
from resnet_studio.training.buffers import Buffers
from resnet_studio.training.checkpoint import all_finite
from resnet_studio.training.devices import Hardware, autocast, computing
from resnet_studio.training.distributed import RunningStatistics, World, idle
from resnet_studio.training.gradients import Sections, norms
from resnet_studio.training.mixing import Mixing
from resnet_studio.training.recipe import Recipe

_TOP = 5


@dataclass(slots=True)
class Stepper:
    """What all steps of a run share.

    The loss of a step is the mean over all pictures of the global batch. With equal parts and
    shares it is computed as torch's own mean, so that a plain loop gives the same bits.

    Attributes:
        model: The network whose parameters are trained.
        forward: What computes: `model` itself, compiled, or wrapped for several processes.
        optimiser: Over the parameters of `model`, with the rate already set.
        hardware: Device, arithmetic and threads of the next step.
        recipe: Gives label smoothing, accumulation and clipping.
        sections: What has a gradient norm of its own.
        class_weights: (classes,) float32 on the device: factor of the loss of a picture of each
            class, of mean 1 over the training pictures; None weighs all alike.
        mixing: Mixes the pictures of a batch; None leaves them.
        average: Follows the weights; None if nothing does.
        world: The processes that share a batch.
        holding: Whether steps that are queued after a broken one are known to change nothing.
        intact: Whether the last `train` left network and optimiser, bit for bit, as they were
            before it: because it failed half-way, or because its gradient is not finite. Where
            steps are held back on the device, the figures tell.
    """

    model: ResNet
    forward: nn.Module
    optimiser: torch.optim.Optimizer
    hardware: Hardware
    recipe: Recipe
    sections: Sections
    class_weights: Tensor | None
    mixing: Mixing | None
    average: Average | None
    world: World
    intact: bool = field(default=True, init=False)
    _buffers: Buffers = field(init=False, repr=False)
    _statistics: RunningStatistics = field(init=False, repr=False)
    # () float32, 0 or 1: whether a step was broken since this began.
    _broken: Tensor | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self._buffers = Buffers(self.model)
        self._statistics = RunningStatistics(self.model, self.world)
        fused = all(group.get("fused") for group in self.optimiser.param_groups)
        if fused and not self.hardware.immediate:
            self._broken = torch.zeros((), device=self.hardware.device)

    @property
    def holding(self) -> bool:
        """See the class."""
        return self._broken is not None

    def forget(self, steps: int) -> None:
        """Does not count the last steps, which were held back on the device."""
        if self.average is not None:
            self.average.forget(steps)

    def begin_training(self) -> None:
        """Sets the mode in which the next steps are taken."""
        self.model.train()

    def begin_validation(self) -> None:
        """Sets the mode of what is validated: the running mean if there is one."""
        self.judged.eval()

    def validate(self, images: Tensor, labels: Tensor) -> Tensor:
        """Judges one batch with what is kept of the run; figures as `validate` gives them."""
        return validate(self.judged, images, labels, self.hardware)

    @property
    def judged(self) -> ResNet:
        """The network that is validated and used: the mean of the weights, where there is one."""
        return self.model if self.average is None else self.average.network

    def finite(self) -> bool:
        """Tells whether all that a checkpoint holds is finite; waits for the device once."""
        average = {} if self.average is None else self.average.state_dict()
        return all_finite(self.model.state_dict(), self.optimiser.state_dict(), average)

    def give_back(self) -> None:
        """Gives the memory back that a step which failed for want of it still holds."""
        self.optimiser.zero_grad(set_to_none=True)
        if self.hardware.device.type == "cuda":
            torch.cuda.empty_cache()

    def train(self, images: Tensor, labels: Tensor, *, planned: int) -> Tensor:
        """Takes one optimiser step with the rate that the optimiser has.

        Several processes take each step together. One whose share is empty computes nothing, but
        must call this too: the others wait for its part in the exchange of gradients.

        A step whose gradient is not finite changes nothing: network, optimiser and mean are left
        as they were before it, and the figures tell. Where the steps are `holding`, those that
        follow change nothing either, whatever their gradients, for as long as this object lives.

        Args:
            images: (N, C, H, W) float32, normalised, on the device: this process's share.
            labels: (N,) int64, on the device.
            planned: Pictures of the global batch, those of the other processes included.

        Returns:
            (3 + S,) float32 on the device, all before the step: sum of the losses of this
            process's pictures, how many of them were right, how many had their class among the
            five most probable, and the gradient's norm in each section before it is clipped. A
            mixed picture counts by the class that it has most of.
        """
        self.intact = True
        self._buffers.note()
        with computing(self.hardware):
            try:
                figures = self._gradients(images, labels, planned)
                sizes = norms(self.sections)
                if self.recipe.clip_norm is not None:
                    nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip_norm)
                figures = torch.cat((figures, sizes))
                broken = self.hardware.immediate and not bool(torch.isfinite(sizes).all())
            except BaseException:
                self._buffers.restore()
                raise
            if broken:
                self._buffers.restore()
            else:
                self._move(sizes)
        return figures

    def _gradients(self, images: Tensor, labels: Tensor, planned: int) -> Tensor:
        """Leaves the gradient of the batch in the parameters; returns the first three figures."""
        targets = labels
        if self.mixing is not None and len(labels):
            images, targets = self.mixing(images, labels)
        images = images.contiguous(memory_format=torch.channels_last)
        self.optimiser.zero_grad(set_to_none=True)
        parts = self._parts(len(labels), planned)
        pieces = zip(images.tensor_split(parts), targets.tensor_split(parts), strict=True)
        sums = []
        for number, (pictures, wanted) in enumerate(pieces, start=1):
            with self._synchronised(number == parts):
                compute = self._part if len(wanted) else self._empty_part
                sums.append(compute(pictures, wanted, planned))
        return sums[0] if parts == 1 else torch.stack(sums).sum(dim=0)

    def _parts(self, count: int, planned: int) -> int:
        """Returns in how many parts `count` pictures are computed, one after the other."""
        processes = self.world.size
        if processes == 1:
            return min(self.recipe.accumulate, count)
        # The same number everywhere, whatever the own share: processes may wait for each other in
        # every part. `accumulate` counts the parts of all of them together.
        return max(1, min(-(-self.recipe.accumulate // processes), planned // processes))

    def counts(self, sizes: Iterable[int]) -> list[int]:
        """Returns the numbers of pictures that this process computes at a time, each once.

        A picture that turns out to be broken makes another number; nobody can know before.

        Args:
            sizes: Pictures of global batches.
        """
        found: dict[int, None] = {}
        for planned in dict.fromkeys(sizes):
            own = self.world.share(np.arange(planned))
            parts = np.array_split(own, self._parts(len(own), planned))
            found |= dict.fromkeys(max(1, len(part)) for part in parts)
        return list(found)

    def _part(self, images: Tensor, targets: Tensor, planned: int) -> Tensor:
        """Adds the gradient of one part of the batch; returns its figures."""
        with autocast(self.hardware):
            logits = self.forward(images)
        mean = self._mean_loss(logits.float(), targets)
        # Processes average their gradients, so each counts as many times as there are processes.
        share = len(targets) * self.world.size / planned
        loss = mean if share == 1.0 else mean * share
        loss.backward()  # type: ignore[no-untyped-call]
        labels = targets if targets.ndim == 1 else targets.argmax(dim=1)
        return _figures(mean * len(targets), logits, labels)

    def _empty_part(self, images: Tensor, _targets: Tensor, _planned: int) -> Tensor:
        """Takes part in the exchange of gradients without a picture."""
        with idle(self.model):
            with autocast(self.hardware):
                logits = self.forward(images)
            (logits.float().sum() * 0.0).backward()
        return torch.zeros(3, device=images.device)

    def _mean_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        smoothing = self.recipe.label_smoothing
        if self.class_weights is None:
            return functional.cross_entropy(logits, targets, label_smoothing=smoothing)
        # torch's mean would divide by the sum of the weights, and a batch of rare classes would
        # then count no more than any other.
        total = functional.cross_entropy(
            logits,
            targets,
            weight=self.class_weights,
            label_smoothing=smoothing,
            reduction="sum",
        )
        return total / len(targets)

    def _move(self, sizes: Tensor) -> None:
        """Changes the parameters, unless the step is held back on the device.

        Args:
            sizes: (S,) norms of the gradient; the same in all processes.
        """
        self.intact = False
        broken = None if self._broken is None else self._hold(self._broken, sizes)
        self.optimiser.step()
        self._statistics.average()
        if broken is not None:  # after the exchange, whose rounding counts as a change
            self._buffers.restore_if(broken)
        if self.average is not None:
            self.average.update(self.model, broken=broken)

    @torch.no_grad()
    def _hold(self, broken: Tensor, sizes: Tensor) -> Tensor:
        """Tells the optimiser whether to write; returns () bool on the device, True if not."""
        torch.maximum(broken, (~torch.isfinite(sizes).all()).float(), out=broken)
        # Not in the types of torch, but what its `GradScaler` sets as well.
        self.optimiser.found_inf = broken  # type: ignore[attr-defined]
        self.optimiser.grad_scale = None  # type: ignore[attr-defined]
        return broken.bool()

    def _synchronised(self, last: bool) -> contextlib.AbstractContextManager[None]:
        """Keeps several processes from averaging gradients before the last part of a batch."""
        if last or not isinstance(self.forward, nn.parallel.DistributedDataParallel):
            return contextlib.nullcontext()
        unsynchronised: contextlib.AbstractContextManager[None] = self.forward.no_sync()
        return unsynchronised


@torch.no_grad()
def validate(model: nn.Module, images: Tensor, labels: Tensor, hardware: Hardware) -> Tensor:
    """Judges one batch with the network as it is, in evaluation mode; changes nothing.

    Args:
        model: The network, in evaluation mode.
        images: (N, C, H, W) float32, normalised, on the device.
        labels: (N,) int64, on the device.
        hardware: Device, arithmetic and threads.

    Returns:
        (3,) float32 on the device: sum of the plain cross entropies, without label smoothing,
        and how many pictures were right, at once and among the first five.
    """
    with computing(hardware), autocast(hardware):
        logits = model(images.contiguous(memory_format=torch.channels_last))
    total = functional.cross_entropy(logits.float(), labels, reduction="sum")
    return _figures(total, logits, labels)


def _figures(total: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    """Returns (3,) float32: the sum of losses, and the pictures right among one and five."""
    logits = logits.detach()
    right = (logits.argmax(dim=1) == labels).sum()
    most = logits.topk(min(_TOP, logits.shape[1]), dim=1).indices
    among = (most == labels[:, None]).sum()
    return torch.stack((total.detach(), right.to(total.dtype), among.to(total.dtype)))
