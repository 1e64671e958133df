"""What the process that converts to ONNX does; see `onnx_file`."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final

INPUT: Final = "pictures"
OUTPUT: Final = "logits"


def main(arguments: Sequence[str]) -> None:
    """Converts one network.

    Args:
        arguments: Weights file of this program, JSON file of the metadata, the file to write,
            and the side of the picture in pixels.
    """
    import torch

    from resnet_studio import models

    weights, texts, target, side = arguments
    network = models.network_from(models.read_weights(weights)).eval().requires_grad_(False)
    size = int(side)
    # A batch of two: one of 1 would be taken for a size that never changes.
    pictures = torch.zeros(2, network.spec.in_channels, size, size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own inner workings; nobody reads them here
        program = torch.onnx.export(
            network,
            (pictures,),
            dynamo=True,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
    assert program is not None  # only the older exporter returns nothing
    program.model.metadata_props.update(json.loads(Path(texts).read_text(encoding="utf-8")))
    program.model.producer_name = "resnet-studio"
    program.save(target, external_data=False)
