"""What has been done to a network by surgery, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from resnet_studio.architecture.spec import NetworkSpec, ShortcutKind
from resnet_studio.probe.surgery import Operation, Surgery


def lines_of(surgery: Surgery) -> list[str]:
    """Returns a line for each block that is operated on: "layer1.0: shortcut cut"."""
    return [f"{block}: {operation_text(surgery.of(block))}" for block in sorted_blocks(surgery)]


def sorted_blocks(surgery: Surgery) -> list[str]:
    """Returns the names of the operated blocks in the order of the network."""
    return sorted(surgery.operations, key=_place)


def operation_text(operation: Operation) -> str:
    """Returns what is done to one block: "shortcut cut, F × 0.5"; "" for nothing."""
    parts = []
    if operation.cut:
        parts.append(tr("shortcut cut"))
    elif operation.shortcut != 1:
        parts.append(tr("shortcut × {factor:g}").format(factor=operation.shortcut))
    if operation.removed:
        parts.append(tr("block removed (F = 0)"))
    elif operation.branch != 1:
        parts.append(tr("F × {factor:g}").format(factor=operation.branch))
    return ", ".join(parts)


def count_text(changes: int) -> str:
    """Returns "1 change", "2 changes"."""
    return tr("1 change") if changes == 1 else tr("{count} changes").format(count=changes)


def why_impossible(spec: NetworkSpec) -> str:
    """Returns why nothing of a network can be cut; "" if something can."""
    if spec.shortcut is not ShortcutKind.NONE:
        return ""
    return tr(
        "{name} is a plain network: its layers stand one after the other, and no shortcut leads"
        " past them.\nNothing can be taken out without breaking the chain: Veit et al. 2016 find"
        " that VGG only guesses without any one layer.\nChoose a network with shortcuts in the"
        " form at the left."
    ).format(name=spec.name)


def tr(text: str) -> str:
    """Returns `text` in the language of the window."""
    return QCoreApplication.translate("Surgery", text)


def _place(block: str) -> tuple[int, int]:
    stage, index = block.removeprefix("layer").split(".")
    return int(stage), int(index)
