from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import BlockKind, ShortcutKind, StemKind
from resnet_studio.gui.network_form import NetworkForm, matching_preset


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


def type_depth(qtbot, form, text):
    line = form.depth_box.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, text)


def test_a_preset_becomes_the_network_of_the_window(studio, form):
    choose(form.preset, "resnet50")
    assert studio.spec == CATALOG["resnet50"].spec
    assert form.depth_box.currentText() == "50"
    assert form.stages.text() == "3, 4, 6, 3"


@pytest.mark.parametrize("key", list(CATALOG))
def test_every_preset_is_recognised_as_itself(studio, form, key):
    choose(form.preset, key)
    assert form.preset.currentData() == key
    assert matching_preset(studio.spec) == key


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
    choose(form.stem, StemKind.CIFAR)
    assert studio.spec.stem is StemKind.CIFAR
    assert studio.spec.input_size == 32
    choose(form.stem, StemKind.IMAGENET)
    assert studio.spec.input_size == 224


def test_bottleneck_fields_appear_only_for_bottlenecks(form):
    choose(form.preset, "resnet50")
    assert not form.fields["stride_on"].isHidden()
    choose(form.preset, "resnet18")
    assert form.fields["stride_on"].isHidden()


def test_no_shortcut_makes_the_plain_network(studio, form):
    choose(form.preset, "resnet18")
    choose(form.shortcut, ShortcutKind.NONE)
    assert studio.spec.name == "plain18"


def test_each_change_can_be_undone_and_made_again(studio, form):
    choose(form.preset, "resnet18")
    choose(form.preset, "resnet50")
    form.classes.setValue(10)
    assert studio.spec.classes == 10
    studio.commands.run("edit.undo")
    assert studio.spec.classes == 1000
    assert form.classes.value() == 1000
    studio.commands.run("edit.undo")
    assert studio.spec.name == "resnet18"
    studio.commands.run("edit.redo")
    assert studio.spec.name == "resnet50"


def test_a_wheel_that_passes_over_a_field_does_not_change_it(studio, form):
    before = studio.spec
    centre = QPointF(form.classes.rect().center())
    event = QWheelEvent(
        centre,
        QPointF(form.classes.mapToGlobal(centre.toPoint())),
        QPoint(0, 0),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(form.classes, event)
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
    studio.set_spec(CATALOG["resnext50_32x4d"].spec)  # shows every field there is
    studio.settings["font_scale"] = font_scale
    studio.refresh_theme()

    def fits():
        form.resize(form.minimumSizeHint().width(), 500)
        return form.widget().width() <= form.viewport().width()

    try:
        qtbot.waitUntil(fits)
        assert form.maximumWidth() > form.minimumSizeHint().width()
    finally:
        studio.settings["font_scale"] = 100
        studio.refresh_theme()


def test_the_keyboard_walks_through_fields_and_not_through_the_form_around_them(form):
    assert form.focusPolicy() == Qt.FocusPolicy.NoFocus
