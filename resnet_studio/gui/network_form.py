"""The form at the left: every choice of the network, validated where it is typed.

The form holds no network of its own: it shows `Studio.spec` and asks the studio to change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import (
    LIMITS,
    BlockKind,
    Initialisation,
    NetworkSpec,
    ShortcutKind,
    StemKind,
    StridePlace,
    depths_for,
)
from resnet_studio.errors import SpecError
from resnet_studio.gui.network_values import (
    CUSTOM,
    doubled,
    is_doubled,
    known_depths,
    listed,
    matching_preset,
    named,
    numbers_in,
    shown_widths,
)
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.form_field import FormField
from resnet_studio.gui.widgets.wheel_guard import guard_wheel

_NARROWEST = 260
_SPARE = 160  # pixels beyond what is needed; a wider form would only take room from the drawing
_USUAL_SIZE = {StemKind.IMAGENET: 224, StemKind.CIFAR: 32}


class NetworkForm(QScrollArea):
    """Preset, depth, block, stages, width, shortcut, stem, classes and input size."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._showing = False
        self.fields: dict[str, FormField] = {}
        self._build()
        self._connect()
        self.show_spec(studio.spec)

    def show_spec(self, spec: NetworkSpec) -> None:
        """Shows `spec` in every field and clears all error marks."""
        self._showing = True
        try:
            self._fill(spec)
        finally:
            self._showing = False
        for field in self.fields.values():
            field.set_error("")
        bottleneck = spec.block is BlockKind.BOTTLENECK
        for name in ("stride_on", "groups", "base_width"):
            self.fields[name].setVisible(bottleneck)
        self._show_note(spec)

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields have it, and scroll it
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(10, 8, 10, 12)
        self._column.setSpacing(8)
        self._build_structure()
        self._build_details()
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setProperty("muted", True)
        self._note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._column.addWidget(self._note)
        self._column.addStretch()
        self.setWidget(body)
        body.installEventFilter(self)
        self.setAccessibleName(self.tr("Network form"))

    def _build_structure(self) -> None:
        self.preset = _combo([(entry.title, key) for key, entry in CATALOG.items()])
        self.preset.addItem(self.tr("Custom"), CUSTOM)
        self.depth_box = QComboBox()
        self.depth_box.setEditable(True)
        self.depth_box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.block = _combo(
            [(self.tr("Basic"), BlockKind.BASIC), (self.tr("Bottleneck"), BlockKind.BOTTLENECK)]
        )
        self.stages = QLineEdit()
        self.width_edit = QLineEdit()
        self.shortcut = _combo(
            [
                (self.tr("None: plain network"), ShortcutKind.NONE),
                (self.tr("A: zero padding"), ShortcutKind.A),
                (self.tr("B: projection where shapes change"), ShortcutKind.B),
                (self.tr("C: projection everywhere"), ShortcutKind.C),
            ]
        )
        self._row(
            ("preset", self.tr("Network"), self.preset, self.tr("A network of the literature."))
        )
        self._row(
            (
                "depth",
                self.tr("Depth"),
                self.depth_box,
                self.tr("Layers with weights: convolutions of the main path and the linear layer."),
            ),
            (
                "block",
                self.tr("Block"),
                self.block,
                self.tr("Basic: two 3×3 convolutions. Bottleneck: 1×1, 3×3, 1×1."),
            ),
        )
        self._row(
            (
                "depths",
                self.tr("Blocks per stage"),
                self.stages,
                self.tr("Number of blocks in each stage, for example 3, 4, 6, 3."),
            ),
            (
                "widths",
                self.tr("Width"),
                self.width_edit,
                self.tr(
                    "Width of the first stage; it doubles from stage to stage. Or one number for"
                    " each stage, for example 64, 128, 256, 512."
                ),
            ),
        )
        self._row(
            (
                "shortcut",
                self.tr("Shortcut"),
                self.shortcut,
                self.tr("How a shortcut passes where the shape changes (He et al. 2015)."),
            )
        )

    def _build_details(self) -> None:
        self.stem = _combo(
            [
                (self.tr("ImageNet: 7×7 /2, pool"), StemKind.IMAGENET),
                (self.tr("CIFAR: 3×3"), StemKind.CIFAR),
            ]
        )
        self.classes = _spin("classes")
        self.input_size = _spin("input_size", suffix=self.tr(" px"))
        self.stride = _combo(
            [
                (self.tr("3×3 (v1.5, torchvision)"), StridePlace.CONV2),
                (self.tr("1×1 (original)"), StridePlace.CONV1),
            ]
        )
        self.groups = _spin("groups")
        self.base_width = _spin("base_width")
        self.initialisation = _combo(
            [
                (self.tr("He, fan-out"), Initialisation.FAN_OUT),
                (self.tr("He, fan-in"), Initialisation.FAN_IN),
            ]
        )
        self.zero_init = QCheckBox(self.tr("Blocks start as identity"))
        self.zero_init.setToolTip(
            self.tr(
                "The last batch normalisation of each block starts at zero (Goyal et al. 2017)."
            )
        )
        self._row(
            (
                "stem",
                self.tr("Stem"),
                self.stem,
                self.tr("What stands before the first stage."),
            )
        )
        self._row(
            ("classes", self.tr("Classes"), self.classes, self.tr("Outputs of the linear layer.")),
            (
                "input_size",
                self.tr("Input size"),
                self.input_size,
                self.tr("Height and width of the picture that the network sees."),
            ),
        )
        self._row(
            (
                "stride_on",
                self.tr("Stride of a bottleneck on"),
                self.stride,
                self.tr("Which convolution halves the map at the start of a stage."),
            )
        )
        self._row(
            (
                "groups",
                self.tr("Cardinality"),
                self.groups,
                self.tr("Groups of the 3×3 convolution (ResNeXt)."),
            ),
            (
                "base_width",
                self.tr("Base width"),
                self.base_width,
                self.tr("Channels of one group at width 64 (ResNeXt, Wide ResNet)."),
            ),
        )
        self._row(
            (
                "initialisation",
                self.tr("Initialisation"),
                self.initialisation,
                self.tr("Normal with standard deviation √(2 / fan) (He et al. 2015)."),
            )
        )
        self._column.addWidget(self.zero_init)

    def _row(self, *cells: tuple[str, str, QWidget, str]) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        for column, (name, label, editor, tip) in enumerate(cells):
            field = FormField(label, editor, tip)
            self.fields[name] = field
            guard_wheel(editor)
            grid.addWidget(field, 0, column, Qt.AlignmentFlag.AlignTop)
            grid.setColumnStretch(column, 1)
            grid.addWidget(field.error, 1 + column, 0, 1, len(cells))
        self._column.addLayout(grid)

    def _connect(self) -> None:
        self._studio.spec_changed.connect(self.show_spec)
        self.preset.activated.connect(self._preset_chosen)
        self.depth_box.activated.connect(self._apply_depth)
        self._depth_text().textEdited.connect(lambda _text: self._check_depth())
        self._depth_text().editingFinished.connect(self._apply_depth)
        for editor, name in ((self.stages, "depths"), (self.width_edit, "widths")):
            editor.textEdited.connect(lambda _text, name=name: self._check_list(name))
            editor.editingFinished.connect(lambda name=name: self._apply_list(name))
        for combo, name in (
            (self.block, "block"),
            (self.shortcut, "shortcut"),
            (self.stride, "stride_on"),
            (self.initialisation, "initialisation"),
        ):
            combo.activated.connect(
                lambda _index, combo=combo, name=name: self._change(
                    name, **{name: combo.currentData()}
                )
            )
        self.stem.activated.connect(lambda _index: self._stem_chosen())
        for spin, name in (
            (self.classes, "classes"),
            (self.input_size, "input_size"),
            (self.groups, "groups"),
            (self.base_width, "base_width"),
        ):
            spin.valueChanged.connect(lambda value, name=name: self._change(name, **{name: value}))
        self.zero_init.toggled.connect(
            lambda on: self._change("initialisation", zero_init_residual=on)
        )

    def _depth_text(self) -> QLineEdit:
        text = self.depth_box.lineEdit()
        assert text is not None  # the box is editable
        return text

    # -- width ------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its widest field, whatever the text size: nothing is cut off."""
        hint = super().minimumSizeHint()
        body = self.widget()
        if body is not None:
            bar = self.verticalScrollBar().sizeHint().width()
            hint.setWidth(max(_NARROWEST, body.minimumSizeHint().width() + bar))
        return hint

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tells the window when the fields need another width."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.setMaximumWidth(self.minimumSizeHint().width() + _SPARE)
            self.updateGeometry()
        return super().eventFilter(watched, event)

    # -- showing ----------------------------------------------------------------------------

    def _fill(self, spec: NetworkSpec) -> None:
        preset = matching_preset(spec)
        self.preset.setCurrentIndex(self.preset.findData(preset or CUSTOM))
        self.depth_box.clear()
        self.depth_box.addItems([str(depth) for depth in known_depths(spec)])
        self.depth_box.setEditText(str(spec.depth))
        self.stages.setText(listed(spec.depths))
        self.width_edit.setText(shown_widths(spec.widths))
        for combo, value in (
            (self.block, spec.block),
            (self.shortcut, spec.shortcut),
            (self.stem, spec.stem),
            (self.stride, spec.stride_on),
            (self.initialisation, spec.initialisation),
        ):
            combo.setCurrentIndex(combo.findData(value))
        self.classes.setValue(spec.classes)
        self.input_size.setValue(spec.input_size)
        self.groups.setValue(spec.groups)
        self.base_width.setValue(spec.base_width)
        self.zero_init.setChecked(spec.zero_init_residual)

    def _show_note(self, spec: NetworkSpec) -> None:
        preset = matching_preset(spec)
        if preset is None:
            self._note.setText(self.tr("A network of your own."))
            return
        entry = CATALOG[preset]
        paper = entry.paper
        source = f"{paper.authors} {paper.year}, «{paper.title}», arXiv:{paper.arxiv}"
        self._note.setText("\n\n".join(part for part in (source, entry.note) if part))

    # -- changing ---------------------------------------------------------------------------

    def _preset_chosen(self) -> None:
        key = self.preset.currentData()
        if key != CUSTOM:
            self._studio.set_spec(CATALOG[key].spec, self.preset.currentText())

    def _stem_chosen(self) -> None:
        """Another stem brings its usual picture size unless the person had set one."""
        stem = StemKind(self.stem.currentData())  # Qt hands an enum back as a plain string
        changes: dict[str, Any] = {"stem": stem}
        before = self._studio.spec
        if stem is not before.stem and before.input_size == _USUAL_SIZE[before.stem]:
            changes["input_size"] = _USUAL_SIZE[stem]
        self._change("stem", **changes)

    def _depth_changes(self) -> dict[str, Any]:
        text = self.depth_box.currentText().strip()
        low, high = 3, 4000
        if not text.isdecimal() or not low <= int(text) <= high:
            raise SpecError(
                self.tr("Type a whole number from {low} to {high}.").format(low=low, high=high)
            )
        spec, depth = self._studio.spec, int(text)
        if depth == spec.depth:
            return {}
        other = next(kind for kind in BlockKind if kind is not spec.block)
        try:
            return {"depths": depths_for(depth, block=spec.block, stem=spec.stem)}
        except SpecError as refusal:
            # «Depth 34» means the published ResNet-34, whose blocks are basic. On CIFAR 57 is no
            # depth of either kind, and the refusal that names the nearest is what helps.
            try:
                depths = depths_for(depth, block=other, stem=spec.stem)
            except SpecError:
                raise refusal from None
            if spec.stem is StemKind.CIFAR:
                raise
            return {"block": other, "depths": depths}

    def _check_depth(self) -> None:
        self._attempt("depth", lambda: self._candidate(**self._depth_changes()))

    def _apply_depth(self) -> None:
        if self._showing:
            return
        try:
            changes = self._depth_changes()
        except SpecError as error:
            self.fields["depth"].set_error(str(error))
            return
        if changes and len(changes["depths"]) != len(self._studio.spec.widths):
            changes["widths"] = doubled(self._studio.spec.widths[0], len(changes["depths"]))
        self._change("depth", **changes)

    def _list_changes(self, name: str) -> dict[str, Any]:
        editor = self.stages if name == "depths" else self.width_edit
        numbers = numbers_in(editor.text(), self.tr("Type whole numbers with commas between them."))
        spec = self._studio.spec
        if name == "widths":
            if len(numbers) == 1:
                numbers = doubled(numbers[0], len(spec.depths))
            return {"widths": numbers}
        changes: dict[str, Any] = {"depths": numbers}
        if len(numbers) != len(spec.widths) and is_doubled(spec.widths):
            changes["widths"] = doubled(spec.widths[0], len(numbers))
        return changes

    def _check_list(self, name: str) -> None:
        self._attempt(name, lambda: self._candidate(**self._list_changes(name)))

    def _apply_list(self, name: str) -> None:
        if self._showing:
            return
        try:
            changes = self._list_changes(name)
        except SpecError as error:
            self.fields[name].set_error(str(error))
            return
        self._change(name, **changes)

    def _attempt(self, name: str, action: Callable[[], Any]) -> None:
        """Marks the field if what is typed would be refused."""
        try:
            action()
        except SpecError as error:
            self.fields[name].set_error(str(error))
        else:
            self.fields[name].set_error("")

    def _candidate(self, **changes: Any) -> NetworkSpec:
        return self._studio.spec.replace(**changes) if changes else self._studio.spec

    def _change(self, name: str, **changes: Any) -> None:
        if self._showing:
            return
        try:
            spec = self._candidate(**changes)
        except SpecError as error:
            self.fields[name].set_error(str(error))
            return
        self.fields[name].set_error("")
        if spec == self._studio.spec:
            return
        self._studio.set_spec(named(spec), self.fields[name].label.text())


def _combo(items: Iterable[tuple[str, Any]]) -> QComboBox:
    combo = QComboBox()
    combo.setMinimumContentsLength(4)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for text, value in items:
        combo.addItem(text, value)
    return combo


def _spin(name: str, *, suffix: str = "") -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(*LIMITS[name])
    spin.setKeyboardTracking(False)
    spin.setGroupSeparatorShown(True)
    spin.setSuffix(suffix)
    return spin
