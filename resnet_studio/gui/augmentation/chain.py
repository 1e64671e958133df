"""The pipeline written as a chain: steps with their numbers, what the network reads."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.gui.augmentation.pipelines import step_lines, step_title
from resnet_studio.gui.augmentation.words import as_html, size_text
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.flow import FlowLayout


class PipelineChain(QWidget):
    """A box for each step; those with chance are framed in the accent colour."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = FlowLayout(self, gap=2)
        self._shown: AugmentSpec | None = None
        self.boxes: list[QLabel] = []
        self.setAccessibleName(self.tr("Steps of the pipeline"))
        self.set_theme(theme)

    def show_pipeline(self, pipeline: AugmentSpec | None) -> None:
        """Writes the steps of a pipeline; nothing if there is none."""
        if pipeline == self._shown:
            return
        self._shown = pipeline
        self._clear()
        if pipeline is None:
            return
        for step in pipeline.steps:
            kind = "chance" if step.numbers else "fixed"
            self._add(step_title(step), step_lines(step), kind=kind)
        side = pipeline.output_size
        reads = self.tr("3 × {size}").format(size=size_text(side, side))
        self._add(self.tr("The network reads"), (reads,), kind="end")
        self.setToolTip(pipeline.note)
        self.setAccessibleDescription(" → ".join(box.accessibleName() for box in self.boxes))

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        frame = "border-radius: 5px; padding: 3px 6px;"
        self.setStyleSheet(
            f"QLabel[step] {{ {frame} color: {theme.text}; }}"
            f"QLabel[step='fixed'] {{ background: {theme.raised};"
            f" border: 1px solid {theme.border}; }}"
            f"QLabel[step='chance'] {{ background: {theme.raised};"
            f" border: 2px solid {theme.accent}; padding: 2px 5px; }}"
            f"QLabel[step='end'] {{ border: 1px dashed {theme.border}; }}"
        )

    def _clear(self) -> None:
        self.boxes.clear()
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    def _add(self, title: str, lines: Sequence[str], *, kind: str) -> None:
        box = QLabel(f"<b>{as_html([title])}</b><br>{as_html(lines)}")
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setProperty("step", kind)
        box.setAccessibleName(f"{title}: {', '.join(lines)}")
        tip = {
            "chance": self.tr("By chance: drawn anew for each picture in each epoch."),
            "fixed": self.tr("Without chance: the same each time."),
            "end": "",
        }[kind]
        box.setToolTip(tip)
        link = QWidget()
        row = QHBoxLayout(link)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        if self.boxes:
            row.addWidget(QLabel("→"))
        row.addWidget(box)
        self.boxes.append(box)
        self._row.addWidget(link)
