"""Whether weights fit a network, and in words what is wrong where they do not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import CheckpointError, SpecError
from resnet_studio.models.inference import infer
from resnet_studio.models.outlines import shapes_of
from resnet_studio.models.renaming import ForeignError
from resnet_studio.models.resnet import ResNet
from resnet_studio.models.structure import structure
from resnet_studio.models.weights import WeightsFile

COUNTER = ".num_batches_tracked"
"""How the names of batch counters end, which have no part in any result."""
_VARIANCE = ".running_var"
_HEAD_WEIGHT, _HEAD_BIAS = "fc.weight", "fc.bias"
# How many names a message gives, and how much of each: a hostile file may have long ones.
_NAMED = 3
_LETTERS = 60


def checked_state(network: ResNet, weights: WeightsFile) -> dict[str, Tensor]:
    """Returns a tensor of the file for each name of the network; touches no value of either.

    Batch counters that are missing, as in files from before torch 0.4.1, or rounded with
    everything else to half precision, are zero; they have no part in any result.

    Args:
        network: It may be an outline on the meta device.
        weights: What was read from a file.

    Raises:
        CheckpointError: If the network is another one, or a value is not a usable number.
    """
    wanted = network.state_dict()
    state = without_rounded_counters(weights.state)
    for name in wanted:
        if name.endswith(COUNTER):
            state.setdefault(name, torch.zeros((), dtype=torch.long))
    misfit = _compare(network.spec, wanted, state, claimed=weights.spec)
    if misfit is not None:
        raise CheckpointError(
            f"{weights.path.name}: {misfit}", remedy=_remedy(misfit, weights, state)
        )
    check_values(weights.path, state, {name: tensor.dtype for name, tensor in wanted.items()})
    return state


def without_rounded_counters(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the tensors but for batch counters that are no whole numbers any more."""
    return {
        name: tensor
        for name, tensor in state.items()
        if not (name.endswith(COUNTER) and tensor.is_floating_point())
    }


def check_values(
    path: Path, state: Mapping[str, Tensor], dtypes: Mapping[str, torch.dtype] | None = None
) -> None:
    """Refuses weights that are no usable numbers.

    Args:
        path: The file, for the message.
        state: Tensors by their names in a network.
        dtypes: What kind of number the network has for each; float32 if left out, and integers
            for batch counters.

    Raises:
        CheckpointError: If a value is NaN or infinite, or of another kind than the network's.
    """
    for name, tensor in state.items():
        usual = torch.long if name.endswith(COUNTER) else torch.float32
        if problem := _problem(name, tensor, usual if dtypes is None else dtypes[name]):
            raise CheckpointError(
                f"{path.name}: {name} {problem}.",
                remedy="Choose another file, or an earlier checkpoint of that training.",
            )


@dataclass(frozen=True, slots=True)
class _Misfit:
    """Everything in which a file and a network differ, ready to be read.

    Attributes:
        classes: Outputs of the file and of the network, where they differ.
        only_classes: Whether nothing else differs.
        fields: Sentences on fields of the spec.
        missing: Names that the file lacks.
        unexpected: Names that the network lacks.
        misshapen: Names with both shapes.
    """

    classes: tuple[int, int] | None
    only_classes: bool
    fields: list[str]
    missing: list[str]
    unexpected: list[str]
    misshapen: list[str]

    def __str__(self) -> str:
        sentences = []
        if self.classes is not None:
            there, here = self.classes
            sentences.append(f"The file has {there} classes, this network {here}.")
        if not self.only_classes:
            sentences.append("The weights are of another network.")
        sentences += self.fields[:_NAMED]
        for what, names in (
            ("missing in the file", self.missing),
            ("unknown to this network", self.unexpected),
            ("of another shape", self.misshapen),
        ):
            if names:
                sentences.append(listed_names(what, names))
        return " ".join(sentences)


def _compare(
    spec: NetworkSpec,
    wanted: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    *,
    claimed: NetworkSpec | None,
) -> _Misfit | None:
    missing = [name for name in wanted if name not in state]
    unexpected = [name for name in state if name not in wanted]
    misshapen = [n for n in wanted if n in state and state[n].shape != wanted[n].shape]
    fields = _other_fields(spec, claimed)
    outputs = _outputs(state)
    if not (missing or unexpected or misshapen or fields):
        return None
    classes = None if outputs in (None, spec.classes) else (outputs, spec.classes)
    only_classes = (
        classes is not None
        and not (missing or unexpected or fields)
        and set(misshapen) <= {_HEAD_WEIGHT, _HEAD_BIAS}
        and state[_HEAD_WEIGHT].shape[1:] == wanted[_HEAD_WEIGHT].shape[1:]
    )
    return _Misfit(
        classes=classes,
        only_classes=only_classes,
        fields=fields,
        missing=missing,
        unexpected=unexpected,
        misshapen=[f"{n}: {_shape(state[n])}, not {_shape(wanted[n])}" for n in misshapen],
    )


def _other_fields(spec: NetworkSpec, claimed: NetworkSpec | None) -> list[str]:
    """Returns a sentence for each structural field in which the file's own spec differs.

    Names and shapes alone cannot tell a plain network from one with shortcut A.
    """
    if claimed is None:
        return []
    there, here = structure(claimed), structure(spec)
    return [
        f"{field} is {there[field]} in the file and {here[field]} here."
        for field in here
        if field in there and there[field] != here[field] and field != "classes"
    ]


def _outputs(state: Mapping[str, Tensor]) -> int | None:
    """Returns the number of classes of the file, if it has a linear head."""
    weight = state.get(_HEAD_WEIGHT)
    return None if weight is None or weight.dim() != 2 else weight.shape[0]


def _remedy(misfit: _Misfit, weights: WeightsFile, state: Mapping[str, Tensor]) -> str:
    if misfit.only_classes and misfit.classes is not None:
        return f"Set the number of classes to {misfit.classes[0]}, or choose another file."
    if weights.spec is not None:
        return f"Choose the network that the file names ({weights.spec.name}), or another file."
    if (fitting := _fitting_entry(state)) is not None:
        classes = f"{fitting.classes:,} classes"
        return f"The file fits {fitting.name} with {classes}: choose that network."
    return "Choose the network that the file was made with, or another file."


def _fitting_entry(state: Mapping[str, Tensor]) -> NetworkSpec | None:
    """Returns the network of the catalogue whose names and shapes the file has."""
    try:
        spec = infer({name: tuple(tensor.shape) for name, tensor in state.items()})
    except (ForeignError, SpecError):
        return None
    return spec if spec.name in CATALOG and _same_shapes(spec, state) else None


def fits(spec: NetworkSpec, weights: WeightsFile) -> bool:
    """Returns whether the file has the names and shapes of the network; batch counters aside."""
    return _same_shapes(spec, weights.state)


def _same_shapes(spec: NetworkSpec, state: Mapping[str, Tensor]) -> bool:
    given = {name: tuple(tensor.shape) for name, tensor in state.items()}
    return _countless(shapes_of(spec)) == _countless(given)


def _countless(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {name: shape for name, shape in shapes.items() if not name.endswith(COUNTER)}


def _problem(name: str, tensor: Tensor, dtype: torch.dtype) -> str:
    """Returns what is wrong with the kind or the values of a tensor, or nothing."""
    if tensor.is_floating_point() != dtype.is_floating_point:
        return f"holds {_kind(tensor.dtype)} where the network has {_kind(dtype)}"
    if not tensor.is_floating_point() or not tensor.numel():
        return ""
    # NaN comes through as both. A look at each value would cost ten times as much.
    extremes = torch.stack(torch.aminmax(tensor))
    # In the network's own precision: what is finite as float64 may not be so as float32.
    if not extremes.to(dtype).isfinite().all():
        unusable = int((~tensor.to(dtype).isfinite()).sum())
        return f"has {unusable:,} of {tensor.numel():,} values that are NaN or infinite"
    if name.endswith(_VARIANCE) and extremes[0] < 0:
        return "has negative variances, which would make every result NaN"
    return ""


def _kind(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a single number"


def listed_names(what: str, names: list[str]) -> str:
    """Returns "12 names are missing in the file (conv1.weight, bn1.weight, bn1.bias, ...)."."""
    shown = [name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…" for name in names]
    count = f"{len(names):,} name is" if len(names) == 1 else f"{len(names):,} names are"
    more = ", …" if len(names) > _NAMED else ""
    return f"{count} {what} ({', '.join(shown[:_NAMED])}{more})."
