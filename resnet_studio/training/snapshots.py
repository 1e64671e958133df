"""The weights of a run between two steps, for whoever looks inside while it trains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from resnet_studio.training.events import Snapshot

if TYPE_CHECKING:
    from resnet_studio.training.checkpoint import Position
    from resnet_studio.training.control import Control
    from resnet_studio.training.steps import Stepper


def asked_for(control: Control, at: Position, stepper: Stepper) -> Iterator[Snapshot]:
    """Yields a copy of the weights as they are now, if one is asked for.

    They are those that validation judges: the running mean, where the recipe keeps one. Copying
    takes as long as reading the weights once, and changes nothing of the run.
    """
    if control.take_snapshot_wish():
        weights = {
            name: values.detach().to("cpu", copy=True).numpy()
            for name, values in stepper.judged.state_dict().items()
        }
        yield Snapshot(at.step, at.epoch + 1, weights)
