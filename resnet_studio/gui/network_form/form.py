"""The form itself: every choice of the network, validated where it is typed.

The form holds no network of its own: it shows `Studio.spec` and asks the studio to change it.
A field is in sight only where it has an effect; most are folded up in groups that say in their
headers what they hold.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import NetworkSpec, StemKind, applies
from resnet_studio.errors import SpecError
from resnet_studio.gui.network_form.editors import listen, make_editor, show_value
from resnet_studio.gui.network_form.explanation import Explanation, tip
from resnet_studio.gui.network_form.fields import (
    USUAL,
    Field,
    FieldGroup,
    groups,
    summary,
)
from resnet_studio.gui.network_form.group import Group
from resnet_studio.gui.network_form.presets import PresetBox, preset_source
from resnet_studio.gui.network_form.words import fields
from resnet_studio.gui.network_values import (
    CUSTOM,
    USUAL_SIZE,
    changes_for_depth,
    changes_for_list,
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
_SPACING = 8
_TYPED = ("preset", "depth", "depths", "widths")
"""What is typed; all others are chosen or counted, and edited by what suits their kind."""
Made = TypeVar("Made")


class NetworkForm(QWidget):
    """Preset, structure, and groups of finer choices; below them what a field is.

    Attributes:
        fields: Label, editor and error line of each field, by the name of the field.
        groups: What is folded up, by the name of the group.
        area: The part that scrolls; the explanation below it stays.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._showing = False
        self._hovered = self._focused = ""
        self._known = fields()
        self._layout = groups()
        self.fields: dict[str, FormField] = {}
        self.groups: dict[str, Group] = {}
        self._build()
        self._connect()
        self.show_spec(studio.spec)

    @property
    def block(self) -> QComboBox:
        """Chooses the kind of block."""
        return self.fields["block"].editor  # type: ignore[return-value]

    @property
    def zero_init(self) -> QCheckBox:
        """The last field; the keyboard leaves the form from there."""
        return self.fields["zero_init_residual"].editor  # type: ignore[return-value]

    def show_spec(self, spec: NetworkSpec) -> None:
        """Shows `spec` in every field and clears all error marks."""
        self._showing = True
        try:
            self._fill(spec)
        finally:
            self._showing = False
        for field in self.fields.values():
            field.set_error("")
        self._show_what_applies(spec)
        self._show_note(spec)
        self._explain()

    def open_group(self, name: str) -> None:
        """Unfolds a group and remembers that."""
        self.groups[name].set_open(True)
        self._remember_groups()

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Network form"))
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its fields have it, and scroll it
        self.explanation = Explanation(self._known.values())
        line = QFrame()
        line.setFrameStyle(QFrame.Shape.HLine | QFrame.Shadow.Sunken)  # in the border's colour
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        for widget in (self.area, line, self.explanation):
            outer.addWidget(widget)
        self._build_body()

    def _build_body(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(10, 8, 10, 12)
        column.setSpacing(_SPACING)
        self._build_typed()
        for row in USUAL:
            column.addLayout(self._row(row))
        column.addLayout(self._groups())
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._note.setProperty("muted", True)
        self._note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self._note)
        column.addStretch()
        self.area.setWidget(body)
        body.installEventFilter(self)

    def _build_typed(self) -> None:
        self.preset = PresetBox()
        self.depth_box = QComboBox()
        self.depth_box.setEditable(True)
        self.depth_box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.stages = QLineEdit()
        self.width_edit = QLineEdit()

    def _groups(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(0)
        opened = self._studio.settings["form_groups"]
        for group in self._layout:
            made = self._group(group)
            made.set_open(group.name in opened)
            self.groups[group.name] = made
            column.addWidget(made)
        return column

    def _group(self, group: FieldGroup) -> Group:
        made = Group(group.title)
        for row in group.rows:
            made.rows.addLayout(self._row(row))
        return made

    def _row(self, names: tuple[str, ...]) -> QVBoxLayout:
        """Fields side by side, and below them, as wide as the row, what is wrong with them."""
        column, row = QVBoxLayout(), QHBoxLayout()
        column.setSpacing(2)
        row.setSpacing(_SPACING)
        column.addLayout(row)
        for name in names:
            field = self._field(self._known[name])
            row.addWidget(field, 1, Qt.AlignmentFlag.AlignTop)
            column.addWidget(field.error)
        return column

    def _field(self, known: Field) -> FormField:
        typed = (self.preset, self.depth_box, self.stages, self.width_edit)
        editor = dict(zip(_TYPED, typed, strict=True)).get(known.name) or make_editor(known)
        field = FormField(known.label, editor, tip(known))
        if isinstance(editor, QCheckBox):
            field.label.hide()  # its own text says the same
        editor.setAccessibleDescription(f"{known.text} {known.paper}".strip())
        guard_wheel(editor)
        for watched in (field, editor, *editor.findChildren(QLineEdit)):
            watched.setProperty("field", known.name)
            watched.installEventFilter(self)
        self.fields[known.name] = field
        return field

    def _connect(self) -> None:
        self._studio.spec_changed.connect(self.show_spec)
        self.preset.chosen.connect(self._preset_chosen)
        self.depth_box.activated.connect(self._apply_depth)
        self._depth_text().textEdited.connect(lambda _text: self._check("depth"))
        self._depth_text().editingFinished.connect(self._apply_depth)
        for editor, name in ((self.stages, "depths"), (self.width_edit, "widths")):
            editor.textEdited.connect(lambda _text, name=name: self._check(name))
            editor.editingFinished.connect(lambda name=name: self._apply_typed(name))
        for name, field in self.fields.items():
            if name == "stem":
                listen(field.editor, self._stem_chosen)
            elif name not in _TYPED:
                listen(field.editor, partial(self._set_field, name))
            if self._known[name].choices:
                field.editor.highlighted.connect(partial(self._explain_choice, name))
        for group in self.groups.values():
            group.toggled.connect(self._remember_groups)

    def _depth_text(self) -> QLineEdit:
        text = self.depth_box.lineEdit()
        assert text is not None  # the box is editable
        return text

    def _remember_groups(self) -> None:
        opened = [name for name, group in self.groups.items() if group.is_open]
        self._studio.settings["form_groups"] = opened

    # -- width ------------------------------------------------------------------------------

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its widest field, whatever the text size: nothing is cut off."""
        hint = super().minimumSizeHint()
        body = self.area.widget()
        if body is not None:
            bar = self.area.verticalScrollBar().sizeHint().width()
            hint.setWidth(max(_NARROWEST, body.minimumSizeHint().width() + bar))
        return hint

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tells the window when the fields need another width; follows pointer and keyboard."""
        kind = event.type()
        if kind == QEvent.Type.LayoutRequest and watched is self.area.widget():
            self.setMaximumWidth(self.minimumSizeHint().width() + _SPARE)
            self.updateGeometry()
        elif kind in (QEvent.Type.Enter, QEvent.Type.Leave):
            if isinstance(watched, FormField):
                self._hovered = watched.property("field") if kind == QEvent.Type.Enter else ""
                self._explain()
        elif kind in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._focused = watched.property("field") or "" if kind == QEvent.Type.FocusIn else ""
            self._explain()
        return super().eventFilter(watched, event)

    # -- showing ----------------------------------------------------------------------------

    def _fill(self, spec: NetworkSpec) -> None:
        self.preset.show_preset(matching_preset(spec) or CUSTOM)
        self.depth_box.clear()
        self.depth_box.addItems([str(depth) for depth in known_depths(spec)])
        # Enter takes the item of the index, so it must be that of the text, or none.
        self.depth_box.setCurrentIndex(self.depth_box.findText(str(spec.depth)))
        self.depth_box.setEditText(str(spec.depth))
        self.stages.setText(listed(spec.depths))
        self.width_edit.setText(shown_widths(spec.widths))
        for name, field in self.fields.items():
            if name not in _TYPED:
                show_value(field.editor, getattr(spec, name))

    def _show_what_applies(self, spec: NetworkSpec) -> None:
        """Hides the fields without an effect; one that is left alone takes the whole row."""
        for name, field in self.fields.items():
            field.setVisible(applies(spec, name))
        for group in self._layout:
            shown = self.groups[group.name]
            shown.setVisible(any(applies(spec, name) for name in group.names))
            shown.set_summary(summary(spec, group, self._known))

    def _show_note(self, spec: NetworkSpec) -> None:
        preset = matching_preset(spec)
        if preset is None:
            self._note.setText(self.tr("A network of your own."))
            return
        entry = CATALOG[preset]
        paper = entry.paper
        source = f"{paper.authors} {paper.year}, «{paper.title}», arXiv:{paper.arxiv}"
        self._note.setText("\n\n".join(part for part in (source, entry.note) if part))

    def _explain(self) -> None:
        """Explains the field under the pointer, else that of the keyboard."""
        known = self._known.get(self._hovered or self._focused)
        if known is None:
            self.explanation.show_hint()
            return
        value = getattr(self._studio.spec, known.name, None)
        source = preset_source(matching_preset(self._studio.spec))
        self.explanation.show_field(known, value, source)

    def _explain_choice(self, name: str, index: int) -> None:
        """Explains a choice while the list is open, before it is made."""
        known = self._known[name]
        self.explanation.show_field(known, known.choices[index].value)

    # -- changing ---------------------------------------------------------------------------

    def _preset_chosen(self, key: str) -> None:
        self._studio.set_spec(CATALOG[key].spec, CATALOG[key].title)

    def _stem_chosen(self, value: str) -> None:
        """Another stem brings its usual picture size unless the person had set one."""
        stem = StemKind(value)  # Qt hands an enum back as a plain string
        changes: dict[str, Any] = {"stem": stem}
        before = self._studio.spec
        if stem is not before.stem and before.input_size == USUAL_SIZE[before.stem]:
            changes["input_size"] = USUAL_SIZE[stem]
        self._change("stem", **changes)

    def _typed_changes(self, name: str) -> dict[str, Any]:
        spec = self._studio.spec
        if name == "depth":
            complaint = self.tr("Type a whole number from {low} to {high}.")
            return changes_for_depth(spec, self.depth_box.currentText(), complaint)
        editor = self.stages if name == "depths" else self.width_edit
        complaint = self.tr("Type whole numbers with commas between them.")
        return changes_for_list(spec, name, numbers_in(editor.text(), complaint))

    def _apply_depth(self) -> None:
        self._apply_typed("depth")

    def _apply_typed(self, name: str) -> None:
        if not self._showing:
            changes = self._accepted(name, lambda: self._typed_changes(name))
            if changes is not None:
                self._change(name, **changes)

    def _check(self, name: str) -> None:
        """Marks the field while it is typed, if the network would be refused."""
        self._accepted(name, lambda: self._candidate(**self._typed_changes(name)))

    def _accepted(self, name: str, make: Callable[[], Made]) -> Made | None:
        """Returns what `make` returns; None if it is refused, and then the field says why."""
        try:
            made = make()
        except SpecError as error:
            self.fields[name].set_error(self._in_words(error))
            self._unfold(error.field)
            return None
        self.fields[name].set_error("")
        return made

    def _unfold(self, name: str) -> None:
        """Opens the group of the field in which a refusal can be mended."""
        for group in self._layout:
            if name in group.names:
                self.groups[group.name].set_open(True)

    def _in_words(self, error: SpecError) -> str:
        """Returns the refusal with the form's names for the fields that it names."""
        text = str(error)
        for name, known in self._known.items():
            if "_" in name:  # the others are words of the language as well
                text = text.replace(name, f"«{known.label}»")
        return text

    def _candidate(self, **changes: Any) -> NetworkSpec:
        return self._studio.spec.replace(**changes) if changes else self._studio.spec

    def _set_field(self, name: str, value: Any) -> None:
        self._change(name, **{name: value})

    def _change(self, name: str, **changes: Any) -> None:
        if self._showing:
            return
        spec = self._accepted(name, lambda: self._candidate(**changes))
        if spec is not None and spec != self._studio.spec:
            self._studio.set_spec(named(spec), self.fields[name].label.text())
