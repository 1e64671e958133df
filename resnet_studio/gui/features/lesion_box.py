"""Each block taken away in turn: the button, the progress, the plot, and what it means."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.features.bench import Bench
from resnet_studio.gui.features.lesion_plot import Bars, LesionPlot
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.training.export import to_image, to_svg
from resnet_studio.gui.widgets.export import copy_image, png_bytes, save_bytes
from resnet_studio.gui.widgets.export_button import make_export_button
from resnet_studio.gui.widgets.wheel_guard import guard_wheel
from resnet_studio.probe.lesion import Side

_STEPS = 1000


class LesionBox(QWidget):
    """Starts, shows and saves a study of what each block is worth.

    Signals:
        selected(str): The person chose the bar of a block.
    """

    selected = Signal(str)

    def __init__(self, studio: Studio, bench: Bench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._bench = bench
        self.button = QPushButton()
        self.cancel = QPushButton(self.tr("Cancel"))
        self.side = QComboBox()
        self.bar = QProgressBar()
        self.plot = LesionPlot(studio.theme)
        self.waiting = QLabel()
        self.place = QStackedWidget()
        self.note = QLabel()
        self._build()
        self._connect()
        self.show_state()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.plot.set_theme(theme)

    def start(self) -> None:
        """Takes one block after the other away."""
        self._bench.remove_each(self._chosen)

    def show_state(self) -> None:
        """Shows what is known, and what can be done."""
        bench = self._bench
        running = bench.cutting is not None
        lesions = bench.known.lesions.get(self._chosen, {})
        self.button.setText(
            self.tr("Remove each block in turn")
            if self._chosen is Side.BRANCH
            else self.tr("Cut each shortcut in turn")
        )
        self.button.setVisible(not running)
        self.button.setEnabled(bench.can_measure)
        self.cancel.setVisible(running)
        self.bar.setVisible(running)
        self.side.setEnabled(not running)
        if bench.cutting is not None:
            progress = bench.cutting.progress
            self.bar.setRange(0, _STEPS if progress.total else 0)
            self.bar.setValue(round(_STEPS * progress.done / max(progress.total, 1)))
            self.bar.setAccessibleDescription(progress.text)
        shown = {name: lesion for name, lesion in lesions.items() if lesion.seen}
        noun = self.tr("block") if self._chosen is Side.BRANCH else self.tr("shortcut")
        self.plot.show_bars(Bars(self._studio.graph, shown, noun) if shown else None)
        self.place.setCurrentWidget(self.plot if shown else self.waiting)
        self.waiting.setText(bench.problem or self._invitation(running=running))
        self.export.setEnabled(bool(shown))

    # -- saving -------------------------------------------------------------------------------

    def copy(self) -> None:
        """Puts the plot into the clipboard."""
        copy_image(to_image(self.plot, self._title, self._studio.theme))
        self._studio.show_message(self.tr("The picture is in the clipboard."))

    def save(self, suffix: str) -> None:
        """Saves the plot as "png" or "svg", or the numbers as "csv"."""
        kinds = {
            "png": self.tr("PNG picture (*.png)"),
            "svg": self.tr("SVG drawing (*.svg)"),
            "csv": self.tr("CSV table (*.csv)"),
        }
        name = f"{self._studio.spec.name}_{self._chosen.value}_removed.{suffix}"
        path = self._studio.save_file(self.tr("Save the study"), name, kinds[suffix])
        if path is not None:
            content = self._content(suffix)
            save_bytes(self._studio, content, path.with_suffix(f".{suffix}"))

    def _content(self, suffix: str) -> bytes:
        if suffix == "csv":
            return self.plot.as_csv().encode("utf-8")
        if suffix == "svg":
            return to_svg(self.plot, self._title, self._studio.theme)
        return png_bytes(to_image(self.plot, self._title, self._studio.theme))

    @property
    def _title(self) -> str:
        sample = self._bench.known.sample
        text = (
            self.tr("{network}: each block removed in turn")
            if self._chosen is Side.BRANCH
            else self.tr("{network}: each shortcut cut in turn")
        )
        name = text.format(network=self._studio.spec.name)
        return name if sample is None else f"{name} · {sample.name}"

    # -- building -----------------------------------------------------------------------------

    @property
    def _chosen(self) -> Side:
        return Side(self.side.currentData())

    def _invitation(self, *, running: bool) -> str:
        if running:
            return self.tr("The first results are on their way…")
        if not self._bench.can_measure:
            return self.tr("Choose validation pictures above; then each block can be measured.")
        return self.tr(
            "What is each block worth? The button above removes one after the other and measures"
            " the accuracy without it."
        )

    def _build(self) -> None:
        self.button.setProperty("primary", True)
        self.button.setToolTip(
            self.tr("Measure the accuracy without each block alone, from the intact network.")
        )
        self.side.addItem(self.tr("the block (F = 0)"), Side.BRANCH.value)
        self.side.addItem(self.tr("the shortcut"), Side.SHORTCUT.value)
        self.side.setToolTip(self.tr("What of each block is taken away."))
        self.side.setAccessibleName(self.tr("What is taken away"))
        guard_wheel(self.side)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(10)
        self.bar.setAccessibleName(self.tr("Progress of the study"))
        self.export = make_export_button(self.copy, self.save)
        row = QHBoxLayout()
        row.setSpacing(6)
        for widget in (self.button, self.cancel, self.side):
            row.addWidget(widget)
        row.addWidget(self.bar, 1)
        row.addStretch()
        row.addWidget(self.export)
        for label in (self.waiting, self.note):
            label.setWordWrap(True)
            label.setProperty("muted", True)
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setText(self._explanation())
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.place.addWidget(self.waiting)
        self.place.addWidget(self.plot)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 4)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.place, 1)
        column.addWidget(self.note)

    def _explanation(self) -> str:
        self.note.setToolTip(
            self.tr(
                "Veit et al. 2016 (arXiv:1605.06431) removed single blocks of a trained ResNet-110"
                " and found that few were missed, as if it were many shallow networks side by side."
                " Blocks that change the shape (◇) are missed most: without F only their"
                " projection, or zeros and a coarser map, is left.\nThe whiskers tell how far"
                " another sample of as many pictures may be off, with 95 %; they say nothing of"
                " other trainings of the same network, nor of removing several blocks at once."
            )
        )
        return self.tr(
            "Each bar: one block alone is taken away, all others stay. Whiskers: 95 % for this many"
            " pictures. After Veit et al. 2016, arXiv:1605.06431."
        )

    def _connect(self) -> None:
        self.button.clicked.connect(self.start)
        self.cancel.clicked.connect(self._bench.stop_cutting)
        self.side.currentIndexChanged.connect(lambda _index: self.show_state())
        self.plot.selected.connect(self.selected)
        self._bench.changed.connect(self.show_state)
