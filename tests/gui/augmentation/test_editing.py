"""The editor of the pipeline: verbs, forms read off the models, what does not fit, files."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication

from resnet_studio.data.augment import PRESETS, AugmentSpec, CenterCrop, PadCrop, Resize
from resnet_studio.data.sources import DataConfig
from resnet_studio.gui.augmentation.controls import Controls
from resnet_studio.gui.augmentation.editor_fields import fields_of, kinds_of_steps
from resnet_studio.gui.augmentation.editor_inputs import NumberInput, PairInput, input_for
from resnet_studio.gui.augmentation.pipeline_verbs import NameDialog
from resnet_studio.gui.augmentation.step_kinds import MEASURED, groups, new_step, sentence
from tests.gui.augmentation.helpers import choose

KINDS = [kind for _title, kinds in groups() for kind in kinds if kind != MEASURED]


@pytest.fixture
def controls(studio, qtbot):
    made = Controls(studio)
    qtbot.addWidget(made.head)
    qtbot.addWidget(made.chance_row)
    made.head.resize(960, 300)
    made.head.show()
    choose(made.source, "imagenet")
    return made


@pytest.fixture
def head(controls):
    return controls.head


@pytest.fixture
def editing(controls):
    return controls.editing


def kinds_in(editing):
    return [step.kind for step in editing.sketch.steps]


# -- steps -------------------------------------------------------------------------------------


def test_the_menu_offers_every_kind_in_groups_with_a_sentence(head):
    texts = {action.text(): action for action in head.add_button.menu().actions()}
    for kind in kinds_of_steps():
        assert texts[kind.title].toolTip().startswith(sentence(kind.model_fields["kind"].default))
        assert texts[kind.title].toolTip()
    assert {"Geometry", "Colour", "Policies"} <= set(texts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_added_and_has_a_form_of_all_its_fields(controls, editing, kind):
    editing.add(kind, 1)
    step = editing.step
    assert step.kind == kind
    inputs = controls.head.strip.form.inputs
    assert list(inputs) == [field.name for field in fields_of(type(step))]
    for field in fields_of(type(step)):
        inputs[field.name].tell(getattr(step, field.name))  # what is shown is what the model holds
        assert getattr(editing.step, field.name) == getattr(step, field.name)


def test_a_new_step_stands_behind_the_selected_one_and_before_the_end(editing):
    editing.add("colour_jitter")
    assert kinds_in(editing)[-2:] == ["colour_jitter", "normalise"]
    editing.select(0)
    editing.add("vertical_flip")
    assert kinds_in(editing)[1] == "vertical_flip"
    assert editing.selected == 1
    editing.add("normalise")
    assert kinds_in(editing).count("normalise") == 1


def test_keys_move_switch_duplicate_and_remove_steps_and_the_keyboard_stays_with_them(
    controls, editing, head, qtbot, studio
):
    choose(controls.source, "cifar")  # resize, centre crop, pad and crop, flip, normalise
    boxes = head.chain.boxes
    boxes[3].setFocus()
    qtbot.keyClick(boxes[3], Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert kinds_in(editing)[2:4] == ["horizontal_flip", "pad_crop"]
    assert head.chain.boxes[2].hasFocus()
    qtbot.keyClick(head.chain.boxes[2], Qt.Key.Key_Space)
    assert editing.sketch.off == {2}
    assert head.chain.boxes[2].property("step") == "off"
    assert "horizontal_flip" not in [step.kind for step in controls.pipeline.steps]
    qtbot.keyClick(head.chain.boxes[2], Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert kinds_in(editing).count("horizontal_flip") == 2
    qtbot.keyClick(head.chain.boxes[3], Qt.Key.Key_Delete)
    qtbot.keyClick(head.chain.boxes[2], Qt.Key.Key_Delete)
    assert "horizontal_flip" not in kinds_in(editing)
    for _ in range(5):
        studio.undo_stack.undo()
    assert controls.pipeline == PRESETS["cifar_train"]


def test_enter_opens_the_form_and_escape_closes_it(head, editing, qtbot):
    assert head.strip.isHidden()
    qtbot.keyClick(head.chain.boxes[1], Qt.Key.Key_Return)
    assert editing.selected == 1
    assert head.strip.isVisible()
    assert head.strip.title.text() == "Step 2: Horizontal flip"
    qtbot.keyClick(head.strip, Qt.Key.Key_Escape)
    assert head.strip.isHidden()
    assert head.chain.boxes[1].hasFocus()


# -- fields ------------------------------------------------------------------------------------


def test_a_dragged_handle_is_one_step_of_undo_and_moves_one_end_only(editing, head, qtbot, studio):
    editing.select(0)
    slider = head.strip.form.inputs["scale"].slider
    before, told = studio.undo_stack.count(), []
    editing.changed.connect(lambda: told.append(editing.step.scale))
    middle = slider.height() // 2
    start = QPoint(round(slider.place_of(0.08)), middle)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    for way in (10, 20, 30):
        qtbot.mouseMove(slider, start + QPoint(way, 0))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=start + QPoint(30, 0))
    assert len(told) >= 3
    assert told == sorted(told)
    assert told[-1][0] > 0.1
    assert {high for _low, high in told} == {1.0}
    assert studio.undo_stack.count() == before + 1
    studio.undo_stack.undo()
    assert editing.step.scale == (0.08, 1.0)


def test_shares_are_shown_in_percent_and_sizes_in_pixels(editing, head):
    editing.select(0)
    inputs = head.strip.form.inputs
    assert inputs["scale"].least.text() == "8.0 %"
    assert inputs["size"].box.text() == "224 px"
    inputs["scale"].most.setValue(50)
    assert editing.step.scale == (0.08, 0.5)
    inputs["ratio"].least.setValue(0.5)
    assert editing.step.ratio == (0.5, 4 / 3)  # the other end keeps all its digits


def test_an_end_that_passes_the_other_takes_it_along(editing, head):
    editing.select(0)
    head.strip.form.inputs["ratio"].least.setValue(2)
    assert editing.step.ratio == (2.0, 2.0)


def test_a_field_goes_back_to_its_default(editing, head):
    editing.select(0)
    reset = head.strip.form.resets["scale"]
    assert not reset.isEnabled()
    head.strip.form.inputs["scale"].least.setValue(30)
    assert reset.isEnabled()
    assert "8 to 100" in reset.toolTip()
    reset.click()
    assert editing.step.scale == (0.08, 1.0)


def test_all_fields_go_back_but_for_the_size_that_others_rely_on(editing, head):
    editing.select(0)
    head.strip.form.inputs["scale"].least.setValue(30)
    head.strip.form.inputs["size"].box.setValue(96)
    head.strip.buttons["reset"].click()
    assert (editing.step.scale, editing.step.size) == ((0.08, 1.0), 96)
    assert not head.strip.buttons["reset"].isEnabled()


def test_a_colour_is_chosen_by_a_button(editing, head, monkeypatch):
    from resnet_studio.gui.augmentation import editor_inputs

    editing.add("random_rotation")
    monkeypatch.setattr(editor_inputs.QColorDialog, "getColor", lambda *_args: QColor(10, 200, 30))
    colour = head.strip.form.inputs["fill"]
    colour.button.click()
    assert editing.step.fill == (10, 200, 30)
    assert colour.button.text() == "#0ac81e"


def test_a_value_that_the_model_refuses_is_said_at_the_step_and_changes_nothing(editing, head):
    editing.add("rand_augment")
    before = editing.sketch
    head.strip.form.inputs["magnitude"].box.setValue(31)
    assert "magnitude is 31 of 31" in head.strip.error.text()
    assert not head.strip.error.isHidden()
    assert editing.sketch == before


def test_sliders_cover_the_usual_range_and_boxes_all_that_is_allowed(qtbot):
    for kind in KINDS:
        step = new_step(kind, None)
        for field in fields_of(type(step)):
            editor = input_for(field)
            qtbot.addWidget(editor)
            editor.show_value(getattr(step, field.name))
            assert field.low <= field.soft[0] < field.soft[1] <= field.high, (kind, field.name)
            if isinstance(editor, NumberInput):
                assert editor.box.maximum() == pytest.approx(field.high * field.factor)
            if isinstance(editor, PairInput):
                assert editor.slider.values == tuple(getattr(step, field.name))


def test_a_box_is_read_aloud_with_its_present_numbers_also_where_it_is_short(editing, head):
    head.chain.set_short(True)
    place = len(editing.sketch.steps) - 1
    assert not editing.set_field(place, {"mean": (0.9, 0.5, 0.5)}, text="Mean", drag="")
    assert "0.9 0.5 0.5" in head.chain.boxes[place].accessibleName()


# -- what does not fit -------------------------------------------------------------------------


def test_what_does_not_fit_is_said_and_the_last_samples_stay(controls, editing, head):
    choose(controls.source, "cifar")
    shown = controls.pipeline
    editing.select(2)
    head.strip.form.inputs["size"].box.setValue(50)  # more than 32 and two borders of 4
    assert controls.pipeline == shown
    text = head.trouble.text()
    assert text.startswith("Step 3, Pad and crop")
    assert "40 at most" in text
    assert head.chain.boxes[2].property("wrong")
    head.strip.form.inputs["size"].box.setValue(32)
    assert head.trouble.isHidden()


def test_a_chain_without_a_fixed_size_says_what_to_add(controls, editing, head):
    controls.validation.click()
    editing.remove(1)
    assert "add a centre crop" in head.trouble.text()


def test_validation_takes_size_and_colours_from_training(controls, editing, head):
    controls.validation.click()
    editing.choose((PRESETS["tutorial_train"], PRESETS["imagenet_val"]), "mixed")
    assert "96 × 96" in head.trouble.text()
    head.copy_button.click()
    assert head.trouble.isHidden()
    assert head.copy_button.isHidden()
    resize, crop, normalise = controls.pipeline.steps
    assert (resize, crop) == (Resize(size=110), CenterCrop(size=96))
    assert normalise == PRESETS["tutorial_train"].steps[-1]
    assert controls.pipeline.name == "imagenet_val (changed)"
    assert "256/224" not in controls.pipeline.note


def test_no_copying_is_offered_where_it_would_not_help(editing, head):
    editing.choose((PRESETS["cifar_train"], PRESETS["imagenet_train"]), "chance in both")
    assert "leaves something to chance" in head.trouble.text()
    assert head.copy_button.isHidden()


# -- whole pipelines -----------------------------------------------------------------------------


def test_a_pipeline_is_saved_and_opened_again(controls, editing, studio, monkeypatch, tmp_path):
    editing.rename("my own", "for the class")
    editing.switch(1)
    path = tmp_path / "own.json"
    monkeypatch.setattr(studio, "save_file", lambda *_: path)
    monkeypatch.setattr(studio, "open_file", lambda *_: path)
    controls.verbs.save_pipeline()
    saved = controls.pipeline
    assert AugmentSpec.from_json(path.read_text("utf-8")) == saved
    choose(controls.source, "tutorial")
    controls.verbs.open_pipeline()
    assert controls.pipeline == saved
    assert (controls.pipeline.name, controls.pipeline.note) == ("my own", "for the class")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "own.json cannot be read"),
        (b"[1]", "own.json: The pipeline is not a JSON object"),
        (b'{"steps": [{"kind": "warp"}]}', "there is no step of the kind"),
        (b'{"steps": [{"kind": "resize", "size": 0}]}', "size is 0"),
    ],
)
def test_a_file_that_holds_no_pipeline_is_refused_in_words(
    controls, studio, messages, monkeypatch, tmp_path, content, says
):
    path = tmp_path / "own.json"
    path.write_bytes(content)
    monkeypatch.setattr(studio, "open_file", lambda *_: path)
    before = controls.pipeline
    controls.verbs.open_pipeline()
    assert controls.pipeline == before
    assert says in messages[-1].text


def test_name_and_note_are_bounded(qtbot):
    dialog = NameDialog("a", "b")
    qtbot.addWidget(dialog)
    dialog.name.setText("  ")
    assert not dialog._ok.isEnabled()
    dialog.name.setText("x" * 200)
    assert len(dialog.name.text()) == 100
    assert dialog._ok.isEnabled()
    dialog.note.setPlainText("y" * 1001)
    assert not dialog._ok.isEnabled()


def test_the_code_is_shown_copied_and_saved(controls, studio, monkeypatch, tmp_path, qtbot):
    from resnet_studio.gui.augmentation.code_dialog import CodeDialog

    path = tmp_path / "own.py"
    monkeypatch.setattr(studio, "save_file", lambda *_: path)
    assert studio.commands.run("augmentation.torchvision_code")
    (dialog,) = [each for each in QApplication.topLevelWidgets() if isinstance(each, CodeDialog)]
    dialog.copy.click()
    dialog.save.click()
    code = dialog.text.toPlainText()
    assert "RandomResizedCrop" in code
    assert QGuiApplication.clipboard().text() == code
    assert path.read_text("utf-8") == code
    assert str(path) in dialog.said.text()
    with qtbot.waitSignal(dialog.destroyed):
        dialog.close()


# -- measured endings ----------------------------------------------------------------------------


def test_the_ending_is_measured_on_the_training_pictures(controls, editing, head, studio, qtbot):
    choose(controls.source, "digits")
    assert not head.measure.colours.isEnabled()
    studio.data.set(DataConfig())
    studio.data.start()
    qtbot.waitUntil(lambda: studio.data.split is not None, timeout=60_000)
    editing.select(3)
    assert "1,438 training pictures" in head.measure.said.text()
    with qtbot.waitSignal(head.measure.settled, timeout=60_000):
        head.measure.measure_colours()
    pixels = studio.data.split.train.dataset.images[studio.data.split.train.indices] / 255
    assert controls.pipeline.normalise.mean[0] == pytest.approx(pixels.mean(), abs=1e-4)
    assert controls.pipeline.normalise.std[0] == pytest.approx(pixels.std(), abs=1e-4)
    with qtbot.waitSignal(head.measure.settled, timeout=60_000):
        head.measure.measure_picture()
    assert controls.pipeline.ending.kind == "per_pixel_mean"
    assert head.measure.shown.pixmap().width() > 0
    head.strip.form.inputs["std"].boxes[0].setValue(0.5)
    head.strip.buttons["reset"].click()
    assert controls.pipeline.ending.std == (1.0, 1.0, 1.0)
    studio.undo_stack.undo()
    studio.undo_stack.undo()
    assert studio.pipelines.own[1].ending == controls.pipeline.ending
    assert studio.pipelines.problem is None


def test_a_border_of_nothing_is_a_plain_random_crop():
    from resnet_studio.gui.augmentation.pipelines import step_lines

    assert step_lines(PadCrop(size=32, padding=0)) == ("32 × 32 px at random",)


def test_the_keyboard_walks_from_the_row_through_the_steps_into_the_form(editing, head):
    editing.add("vertical_flip")
    fields = head.strip.form.inputs["p"].stops
    walked, stop = [], head.add_button
    wanted = [*head.chain.boxes, *fields]
    while len(walked) < 40:
        stop = stop.nextInFocusChain()
        if stop in wanted:
            walked.append(stop)
    assert walked[: len(wanted)] == wanted


def test_a_mean_picture_is_measured_at_the_size_that_is_wanted_now(controls, editing, studio):
    choose(controls.source, "none")
    wanted = editing.without_ending()
    assert wanted.ending is None
    assert wanted.output_size == controls.pipeline.output_size
    editing.remove(0)
    assert editing.without_ending() is None
