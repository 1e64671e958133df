"""Cuts in a network that is looked into: shortcuts cut, blocks removed, branches scaled.

A residual block adds two things, its residual branch F and its shortcut. Surgery multiplies each
of them by a factor just before they meet: 0 on the shortcut cuts it, 0 on the branch removes the
block, as Veit et al. 2016 do (arXiv:1605.06431). The operated network shares the weights of the
intact one, so that making it takes no memory and the intact one stays what it was, and no file is
ever written. Imports without torch.
"""

from __future__ import annotations

import copy
import dataclasses
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from resnet_studio.architecture.spec import NetworkSpec, ShortcutKind

if TYPE_CHECKING:
    from torch import nn

    from resnet_studio.models import ResNet
    from resnet_studio.probe.network import LoadedNetwork

_Module = TypeVar("_Module", bound="nn.Module")
_HOOKS = (
    "_forward_hooks",
    "_forward_hooks_always_called",
    "_forward_hooks_with_kwargs",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)
"""What a module calls besides computing; each module has its own."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What is done to one block.

    Attributes:
        shortcut: Factor of what the shortcut carries; 0 cuts it, 1 leaves it.
        branch: Factor of the residual branch F; 0 removes the block, 1 leaves it.
    """

    shortcut: float = 1.0
    branch: float = 1.0

    @property
    def cut(self) -> bool:
        """Whether the shortcut carries nothing."""
        return self.shortcut == 0

    @property
    def removed(self) -> bool:
        """Whether the block is what its shortcut makes of its input: F = 0."""
        return self.branch == 0


INTACT = Operation()


@dataclass(frozen=True, slots=True)
class Surgery:
    """All that is done to a network.

    Attributes:
        operations: By name of the block ("layer1.0"); only those that change something.
    """

    operations: Mapping[str, Operation] = field(default_factory=lambda: MappingProxyType({}))

    def __bool__(self) -> bool:
        return bool(self.operations)

    @property
    def changes(self) -> int:
        """How many shortcuts and branches have another factor than 1."""
        return sum((each.shortcut != 1) + (each.branch != 1) for each in self.operations.values())

    def of(self, block: str) -> Operation:
        """Returns what is done to a block."""
        return self.operations.get(block, INTACT)

    def changed(
        self, block: str, *, shortcut: float | None = None, branch: float | None = None
    ) -> Surgery:
        """Returns the surgery with other factors for one block; None leaves a factor."""
        before = self.of(block)
        after = Operation(
            shortcut=before.shortcut if shortcut is None else shortcut,
            branch=before.branch if branch is None else branch,
        )
        rest = {name: each for name, each in self.operations.items() if name != block}
        return Surgery(MappingProxyType(rest if after == INTACT else {**rest, block: after}))


NO_SURGERY = Surgery()


def operable(spec: NetworkSpec) -> bool:
    """Returns whether there is anything to operate on: a plain network adds nothing."""
    return spec.shortcut is not ShortcutKind.NONE


def operate(network: LoadedNetwork, surgery: Surgery) -> LoadedNetwork:
    """Returns the network with the surgery done, in place of any done before.

    The weights are shared, not copied, and `network` stays as it is. Blocks that the network does
    not have are passed over, as is everything in a plain network.
    """
    intact = network.intact or network
    if not surgery or not operable(network.spec):
        return intact
    return dataclasses.replace(
        intact, model=_operated(intact.model, surgery), surgery=surgery, intact=intact
    )


def private_copy(model: _Module) -> _Module:
    """Returns a model of which every module is new and every weight is shared.

    Hooks on the copy are run by nobody else's forward pass, and those on the model by none of the
    copy's.
    """
    twin = _sharing(model)
    for name, child in model._modules.items():
        if child is not None:
            twin._modules[name] = private_copy(child)
    return twin


def _operated(model: ResNet, surgery: Surgery) -> ResNet:
    """Returns a model of which only the operated blocks, and what holds them, are new."""
    from resnet_studio.models.layers import Weighted

    result = _sharing(model)
    stages: dict[str, nn.Module] = {}
    for name, block in model.blocks.items():
        operation = surgery.of(name)
        if operation == INTACT or block.add is None:
            continue
        stage, index = name.split(".")
        if stage not in stages:
            stages[stage] = _sharing(model.stages[stage])
            result.add_module(stage, stages[stage])
        operated = _sharing(block)
        operated.add_module(
            "add",
            Weighted(block.add, branch=operation.branch, shortcut=operation.shortcut).eval(),
        )
        stages[stage].add_module(index, operated)
    return result


def _sharing(module: _Module) -> _Module:
    """Returns a module with the same parameters and children, but places of its own for them."""
    twin = copy.copy(module)
    twin.__dict__["_modules"] = dict(module._modules)
    for hooks in _HOOKS:
        twin.__dict__[hooks] = OrderedDict()
    return twin
