"""Where pictures to train on come from: built in, a folder or zip of classes, or CIFAR-10.

`open_dataset` is a generator, so that the window and the command line can show its progress and
cancel it by closing it; `load_dataset` is the same for scripts.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from resnet_studio.data.dataset import (
    ArrayDataset,
    Dataset,
    DataSplit,
    FileDataset,
    Problem,
    Subset,
    stratified_split,
)

__all__ = [
    "ArrayDataset",
    "DataConfig",
    "DataSplit",
    "Dataset",
    "FileDataset",
    "Problem",
    "Subset",
    "stratified_split",
]


class DataConfig(BaseModel):
    """Which data set to train on and how to divide it.

    Attributes:
        source: "digits" is built in; "folder" is a folder or .zip with a folder for each class;
            "cifar10" is CIFAR-10 as its authors or torchvision store it.
        path: The folder or file; for CIFAR-10 None means the application's own folder.
        validation_fraction: Share of each class kept for validation; not used where the data set
            comes divided.
        split_seed: Decides which pictures those are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["digits", "folder", "cifar10"] = "digits"
    path: str | None = None
    validation_fraction: float = Field(default=0.2, gt=0.0, lt=1.0)
    split_seed: int = Field(default=0, ge=0, lt=2**63)
