"""Surgery on the network of the window: what is cut now, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from resnet_studio.probe.surgery import NO_SURGERY, Surgery, operable

if TYPE_CHECKING:
    from resnet_studio.gui.studio import Studio


class Operating(QObject):
    """Holds the surgery that is done to the network of the form; each change can be undone.

    The weights of the network are never changed, and another network begins intact.

    Signals (GUI thread):
        changed(Surgery): Something was cut, scaled or brought back. `Studio.network_changed`
            follows with the operated network, if the network is loaded.
    """

    changed = Signal(object)

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self.surgery = NO_SURGERY
        studio.commands.connect("surgery.reset", self.reset)
        studio.commands.connect("surgery.toggle_shortcut", self._toggle_selected_shortcut)
        studio.commands.connect("surgery.toggle_block", self._toggle_selected_block)
        studio.selection_changed.connect(self.tell_conditions)
        studio.spec_changed.connect(self.tell_conditions)

    @property
    def possible(self) -> bool:
        """Whether the network of the form has anything to cut."""
        return operable(self._studio.spec)

    def set(self, surgery: Surgery, text: str = "", *, drag: str = "") -> None:
        """Does `surgery` in place of what was done before; one step of undo.

        Args:
            surgery: All that is to be done.
            text: What the person did, for the undo menu; translated.
            drag: Changes with the same name, one right after the other, are one step of undo: a
                slider that is dragged.
        """
        if self.possible and surgery != self.surgery:
            label = text or self.tr("Surgery")
            change = _SurgeryChange(self, self.surgery, surgery, text=label, drag=drag)
            self._studio.undo_stack.push(change)

    def toggle_shortcut(self, block: str) -> None:
        """Cuts the shortcut of a block, or mends it."""
        cut = not self.surgery.of(block).cut
        text = self.tr("Cut the shortcut of {block}") if cut else self.tr("Mend {block}")
        after = self.surgery.changed(block, shortcut=0.0 if cut else 1.0)
        self.set(after, text.format(block=block))

    def toggle_block(self, block: str) -> None:
        """Removes a block (F = 0), or puts it back."""
        removed = not self.surgery.of(block).removed
        text = self.tr("Remove {block}") if removed else self.tr("Put {block} back")
        after = self.surgery.changed(block, branch=0.0 if removed else 1.0)
        self.set(after, text.format(block=block))

    @property
    def selected_block(self) -> str:
        """The block that is selected, or that the selected layer is in; "" if there is none."""
        if not self._studio.selection:
            return ""
        name = ".".join(self._studio.selection.split(".")[:2])
        known = {block.name for block in self._studio.graph.blocks}
        return name if self.possible and name in known else ""

    def reset(self) -> None:
        """Brings everything back; can be undone."""
        self.set(NO_SURGERY, self.tr("Undo all surgery"))

    def replace(self, surgery: Surgery) -> None:
        """Does `surgery` without a step of undo: for undo itself, and for another network."""
        if surgery == self.surgery:
            return
        self.surgery = surgery
        self._studio.commands.set_condition("operated", bool(surgery))
        self.changed.emit(surgery)
        self._studio.operate_again()

    def _toggle_selected_shortcut(self) -> None:
        if block := self.selected_block:
            self.toggle_shortcut(block)

    def _toggle_selected_block(self) -> None:
        if block := self.selected_block:
            self.toggle_block(block)

    def tell_conditions(self, _changed: object = None) -> None:
        """Says which commands of surgery make sense now."""
        commands = self._studio.commands
        commands.set_condition("operable", self.possible)
        commands.set_condition("operable_block", bool(self.selected_block))


class _SurgeryChange(QUndoCommand):
    """One change of the surgery, undone and redone by `QUndoStack`."""

    def __init__(
        self, operating: Operating, before: Surgery, after: Surgery, *, text: str, drag: str
    ) -> None:
        super().__init__(text)
        self._operating = operating
        self._before = before
        self._after = after
        self._drag = drag

    def id(self) -> int:
        """Changes of a drag may be merged; -1 for those that stand alone."""
        return 1 if self._drag else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Takes over what the next change of the same drag has made of it."""
        if not isinstance(other, _SurgeryChange) or other._drag != self._drag:
            return False
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True

    def redo(self) -> None:
        self._operating.replace(self._after)

    def undo(self) -> None:
        self._operating.replace(self._before)
