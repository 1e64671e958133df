from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    ShortcutKind,
    StemKind,
    applies,
)
from resnet_studio.gui.network_form import NetworkForm


@pytest.fixture
def form(qtbot, studio):
    widget = NetworkForm(studio)
    qtbot.addWidget(widget)
    widget.resize(300, 800)
    widget.show()
    return widget


def choose(combo, data):
    combo.setCurrentIndex(combo.findData(data))
    combo.activated.emit(combo.currentIndex())


def editor(form, name):
    return form.fields[name].editor


def type_depth(qtbot, form, text):
    line = form.depth_box.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, text)


def test_a_preset_becomes_the_network_of_the_window(studio, form):
    choose(form.preset, "resnet50")
    assert studio.spec == CATALOG["resnet50"].spec
    assert form.depth_box.currentText() == "50"
    assert form.stages.text() == "3, 4, 6, 3"


def test_every_preset_is_recognised_as_itself(studio, form):
    for key in CATALOG:
        choose(form.preset, key)
        assert form.preset.currentData() == key
        assert studio.spec.name == key


def test_resnet_50_with_basic_blocks_is_resnet_34(studio, form):
    choose(form.preset, "resnet50")
    choose(form.block, BlockKind.BASIC)
    assert studio.spec.block is BlockKind.BASIC
    assert studio.spec.name == "resnet34"
    assert form.preset.currentData() == "resnet34"


def test_typing_depth_34_brings_basic_blocks(qtbot, studio, form):
    choose(form.preset, "resnet50")
    type_depth(qtbot, form, "34")
    qtbot.keyClick(form.depth_box.lineEdit(), Qt.Key.Key_Return)
    assert studio.spec.name == "resnet34"


def test_depth_57_on_cifar_names_the_nearest_while_it_is_typed(qtbot, studio, form):
    choose(form.preset, "cifar_resnet20")
    before = studio.spec
    type_depth(qtbot, form, "57")
    error = form.fields["depth"].error
    assert "57 is not 6n + 2; nearest: 56 and 62" in error.text()
    assert not error.isHidden()
    qtbot.keyClick(form.depth_box.lineEdit(), Qt.Key.Key_Return)
    assert studio.spec == before
    type_depth(qtbot, form, "56")
    assert error.isHidden()
    qtbot.keyClick(form.depth_box.lineEdit(), Qt.Key.Key_Return)
    assert studio.spec.name == "cifar_resnet56"


@pytest.mark.parametrize("text", ["", "abc", "-5", "0", "99999999999"])
def test_nonsense_depths_are_refused_with_a_sentence(qtbot, studio, form, text):
    before = studio.spec
    line = form.depth_box.lineEdit()
    line.setText(text)
    line.textEdited.emit(text)
    line.editingFinished.emit()
    assert form.fields["depth"].error.text()
    assert studio.spec == before


def test_stages_typed_by_hand_make_a_network_of_ones_own(studio, form):
    choose(form.preset, "resnet18")
    form.stages.setText("1, 2, 3")
    form.stages.editingFinished.emit()
    assert studio.spec.depths == (1, 2, 3)
    assert studio.spec.widths == (64, 128, 256)
    assert form.preset.currentData() == "custom"


def test_stages_with_words_are_refused_where_they_are_typed(qtbot, studio, form):
    before = studio.spec
    form.stages.setText("two, 2")
    form.stages.textEdited.emit("two, 2")
    assert form.fields["depths"].error.text()
    form.stages.editingFinished.emit()
    assert studio.spec == before


def test_one_width_doubles_and_several_are_taken_as_they_are(studio, form):
    choose(form.preset, "resnet18")
    form.width_edit.setText("32")
    form.width_edit.editingFinished.emit()
    assert studio.spec.widths == (32, 64, 128, 256)
    form.width_edit.setText("32 32 64 64")
    form.width_edit.editingFinished.emit()
    assert studio.spec.widths == (32, 32, 64, 64)


def test_another_stem_brings_its_usual_input_size(studio, form):
    choose(form.preset, "resnet18")
    choose(form.fields["stem"].editor, StemKind.CIFAR)
    assert studio.spec.stem is StemKind.CIFAR
    assert studio.spec.input_size == 32
    choose(form.fields["stem"].editor, StemKind.IMAGENET)
    assert studio.spec.input_size == 224


@pytest.mark.parametrize(("stem", "size"), [("deep", 224), ("cifar", 32), ("tutorial", 96)])
def test_each_stem_brings_the_pictures_for_which_it_was_made(studio, form, stem, size):
    choose(form.preset, "resnet50")
    choose(editor(form, "stem"), stem)
    assert studio.spec.input_size == size


def test_a_size_that_the_person_has_set_stays_with_another_stem(studio, form):
    choose(form.preset, "resnet18")
    editor(form, "input_size").setValue(64)
    choose(editor(form, "stem"), StemKind.CIFAR)
    assert studio.spec.input_size == 64


@pytest.mark.parametrize("key", ["plain18", "resnet50", "wrn28_10", "cifar_preact_resnet110"])
def test_a_field_is_in_sight_only_where_it_has_an_effect(form, key):
    for name in form.groups:
        form.open_group(name)
    choose(form.preset, key)
    spec = CATALOG[key].spec
    for name, field in form.fields.items():
        assert field.isVisible() == applies(spec, name), name
    assert form.groups["shortcuts"].isVisible() == (spec.shortcut is not ShortcutKind.NONE)


def test_the_shortcut_type_brings_its_own_fields(studio, form):
    choose(form.preset, "cifar_resnet20")
    for kind, shown in (
        ("scaling", {"shortcut_scale", "residual_scale"}),
        ("exclusive_gate", {"gate_bias"}),
        ("highway", {"gate_bias"}),
        ("dropout", {"shortcut_dropout"}),
        ("conv1x1", set()),
    ):
        choose(editor(form, "shortcut_type"), kind)
        assert studio.spec.shortcut_type == kind
        finer = ("shortcut_scale", "residual_scale", "gate_bias", "shortcut_dropout")
        assert {name for name in finer if not form.fields[name].isHidden()} == shown


def test_the_two_exercises_of_the_tutorial_are_one_change_each(studio, form):
    choose(form.preset, "tutorial96")
    choose(form.block, BlockKind.BOTTLENECK)
    assert studio.spec.block is BlockKind.BOTTLENECK
    assert studio.spec.expansion == 4
    studio.commands.run("edit.undo")
    assert studio.spec.name == "tutorial96"
    choose(editor(form, "order"), "full_preactivation")
    assert studio.spec.order is ActivationOrder.FULL_PREACTIVATION


@pytest.mark.parametrize(
    ("preset", "name", "value"),
    [
        ("resnet50", "se_reduction", 16),
        ("wrn28_10", "dropout", 0.3),
        ("cifar_resnet110", "stochastic_depth", 0.5),
        ("resnet50", "expansion", 2),
        ("resnet18", "stem_width", 32),
        ("resnet18", "in_channels", 1),
    ],
)
def test_numbers_and_fractions_reach_the_network_and_can_be_undone(
    studio, form, preset, name, value
):
    choose(form.preset, preset)
    before = studio.spec
    editor(form, name).setValue(value)
    assert getattr(studio.spec, name) == value
    assert editor(form, name).value() == value
    studio.commands.run("edit.undo")
    assert studio.spec == before


def test_a_zero_that_means_nothing_is_called_none(form):
    choose(form.preset, "resnet50")
    assert editor(form, "se_reduction").text() == "none"
    assert editor(form, "stochastic_depth").text() == "none"


@pytest.mark.parametrize(
    ("value", "shown"), [(-6.0, "-6"), (-2.5, "-2.5"), (-0.125, "-0.125"), (0.0, "0")]
)
def test_fractions_are_shown_as_short_as_they_can_be(studio, form, value, shown):
    choose(form.preset, "cifar_highway20")
    editor(form, "gate_bias").setValue(value)
    assert editor(form, "gate_bias").text() == shown
    assert studio.spec.gate_bias == value


def test_a_fraction_can_be_typed(qtbot, studio, form):
    choose(form.preset, "wrn28_10")
    form.open_group("block")
    box = editor(form, "dropout")
    box.selectAll()
    qtbot.keyClicks(box, "0.35")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert studio.spec.dropout == 0.35


def test_the_form_says_at_the_field_why_papers_do_not_allow_a_value(studio, form):
    choose(form.preset, "resnet18")
    before = studio.spec
    choose(editor(form, "shortcut_type"), "conv1x1")
    error = form.fields["shortcut_type"].error
    assert "nothing to project" in error.text()
    assert "Choose shortcut A" in error.text()
    assert not error.isHidden()
    assert studio.spec == before


def test_a_refusal_calls_the_fields_as_the_form_does(studio, form):
    choose(form.preset, "resnet18")
    editor(form, "zero_init_residual").setChecked(True)
    choose(editor(form, "order"), "full_preactivation")
    text = form.fields["order"].error.text()
    assert "«Blocks start as identity»" in text
    assert "zero_init_residual" not in text


def test_the_group_that_holds_the_remedy_opens(studio, form):
    choose(form.preset, "resnet18")
    editor(form, "zero_init_residual").setChecked(True)
    assert not form.groups["start"].is_open
    choose(editor(form, "order"), "full_preactivation")
    assert form.groups["start"].is_open


def test_the_field_under_the_keyboard_is_explained_with_its_paper(form):
    form.preset.clearFocus()
    assert "Point at a field" in form.explanation.text()
    form.open_group("order")
    editor(form, "order").setFocus()
    assert "Where batch normalisation (BN) and ReLU stand" in form.explanation.text()
    assert "arXiv:1603.05027" in form.explanation.text()
    assert "Original." in form.explanation.text()


def test_the_field_under_the_pointer_is_explained_before_that_of_the_keyboard(form):
    editor(form, "classes").setFocus()
    QApplication.sendEvent(form.fields["stem"], QEvent(QEvent.Type.Enter))
    assert "What stands before the first stage" in form.explanation.text()
    QApplication.sendEvent(form.fields["stem"], QEvent(QEvent.Type.Leave))
    assert "Outputs of the linear layer" in form.explanation.text()


def test_a_choice_is_explained_while_the_list_is_open(studio, form):
    before = studio.spec
    combo = editor(form, "shortcut_type")
    combo.highlighted.emit(combo.findData("highway"))
    assert "Highway gate" in form.explanation.text()
    assert "arXiv:1505.00387" in form.explanation.text()
    assert studio.spec == before


def test_the_preset_is_explained_with_the_paper_of_its_network(form):
    choose(form.preset, "wrn28_10")
    form.preset.setFocus()
    assert "arXiv:1605.07146" in form.explanation.text()


def test_every_editor_has_a_name_and_its_sentence_for_a_screen_reader(form):
    for name, field in form.fields.items():
        assert field.editor.accessibleName(), name
        assert field.editor.accessibleDescription().endswith((".", "0", *"123456789")), name


def test_opened_groups_are_remembered(qtbot, studio, form):
    qtbot.mouseClick(form.groups["block"].header, Qt.MouseButton.LeftButton)
    again = NetworkForm(studio)
    qtbot.addWidget(again)
    assert [name for name, group in again.groups.items() if group.is_open] == ["block"]


def test_the_keyboard_walks_from_top_to_bottom(qtbot, form):
    choose(form.preset, "resnet50")
    for name in form.groups:
        form.open_group(name)
    form.activateWindow()
    form.preset.setFocus()
    tops = []
    while not form.zero_init.hasFocus() and len(tops) < 60:
        focused = QApplication.focusWidget()
        tops.append(focused.mapTo(form.area.widget(), QPoint(0, focused.height() // 2)).y())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert form.zero_init.hasFocus()
    assert tops == sorted(tops)


def test_no_shortcut_makes_the_plain_network(studio, form):
    choose(form.preset, "resnet18")
    choose(form.fields["shortcut"].editor, ShortcutKind.NONE)
    assert studio.spec.name == "plain18"


def test_each_change_can_be_undone_and_made_again(studio, form):
    choose(form.preset, "resnet18")
    choose(form.preset, "resnet50")
    form.fields["classes"].editor.setValue(10)
    assert studio.spec.classes == 10
    studio.commands.run("edit.undo")
    assert studio.spec.classes == 1000
    assert form.fields["classes"].editor.value() == 1000
    studio.commands.run("edit.undo")
    assert studio.spec.name == "resnet18"
    studio.commands.run("edit.redo")
    assert studio.spec.name == "resnet50"


def test_a_wheel_that_passes_over_a_field_does_not_change_it(studio, form):
    before = studio.spec
    centre = QPointF(form.fields["classes"].editor.rect().center())
    event = QWheelEvent(
        centre,
        QPointF(form.fields["classes"].editor.mapToGlobal(centre.toPoint())),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(form.fields["classes"].editor, event)
    assert studio.spec == before


def test_the_network_is_remembered(studio, form, home):
    from resnet_studio.gui.studio import Studio
    from resnet_studio.settings import Settings

    choose(form.preset, "cifar_resnet56")
    studio.settings.save()
    again = Studio(Settings(home / "config" / "settings.json"))
    assert again.spec.name == "cifar_resnet56"
    again.shutdown()
    again.deleteLater()


@pytest.mark.parametrize("font_scale", [100, 150, 200])
def test_no_field_is_cut_off_at_any_text_size(qtbot, studio, form, font_scale):
    studio.set_spec(CATALOG["resnext50_32x4d"].spec.replace(shortcut_type="scaling"))
    for name in form.groups:
        form.open_group(name)
    studio.settings["font_scale"] = font_scale
    studio.refresh_theme()

    def fits():
        form.resize(form.minimumSizeHint().width(), 500)
        return form.area.widget().width() <= form.area.viewport().width()

    try:
        qtbot.waitUntil(fits)
        assert form.maximumWidth() > form.minimumSizeHint().width()
    finally:
        studio.settings["font_scale"] = 100
        studio.refresh_theme()


@pytest.mark.parametrize("key", ["resnext50_32x4d", "wrn28_10", "cifar_highway20"])
def test_opened_groups_need_no_more_width_than_the_fields_that_are_always_there(studio, form, key):
    """At 150 % and 1280 pixels any more would widen the window."""
    studio.settings["font_scale"] = 150
    studio.refresh_theme()
    try:
        studio.set_spec(CATALOG[key].spec)
        QApplication.processEvents()
        closed = form.minimumSizeHint().width()
        for name in form.groups:
            form.open_group(name)
        QApplication.processEvents()
        assert form.minimumSizeHint().width() <= closed
    finally:
        studio.settings["font_scale"] = 100
        studio.refresh_theme()


def test_the_keyboard_walks_through_fields_and_not_through_the_form_around_them(form):
    assert form.area.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_enter_on_an_unchanged_depth_changes_nothing(qtbot, studio, form):
    choose(form.preset, "cifar_resnet20")
    type_depth(qtbot, form, "56")
    line = form.depth_box.lineEdit()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert studio.spec.depth == 56
    line.selectAll()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert studio.spec.depth == 56
    assert line.text() == "56"
