"""The panel as a whole: what it shows is what training reads."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor

from resnet_studio.architecture.catalog import get
from resnet_studio.data.augment import PRESETS, draw, pipelines_for, sample_rng
from resnet_studio.data.preview import preview
from resnet_studio.errors import PictureError
from resnet_studio.gui.studio import TorchStatus
from tests.gui.augmentation.conftest import LONG_MS
from tests.gui.augmentation.helpers import choose, grid_pixels, pixels


def test_without_a_picture_the_panel_says_how_to_fill_it(panel, studio):
    assert panel.views.pages.currentWidget() is panel.empty
    assert panel.empty.isVisible()
    assert not panel.samples.grid.isVisible()
    assert panel.samples.grid.draws == ()
    assert not studio.commands.action("augmentation.new_seed").isEnabled()
    assert not studio.commands.action("augmentation.save_view").isEnabled()


def test_the_grid_shows_what_preview_gives_for_the_same_seed(filled, photograph):
    expected = preview(pipelines_for(224)[0], photograph, seed=0, count=12)
    assert len(filled.samples.grid.draws) == 12
    for shown, sample in zip(grid_pixels(filled), expected, strict=True):
        assert np.array_equal(shown, sample.image)


def test_the_grid_shows_what_a_training_batch_holds(panel, studio, settle, photograph):
    from resnet_studio.data.batches import batches
    from resnet_studio.data.sources import ArrayDataset, Subset
    from resnet_studio.data.transforms import denormalise

    settle(studio.set_picture, photograph)
    settle(panel.controls.seed.setValue, 77)
    settle(panel.controls.epoch.setValue, 3)
    images = np.stack([photograph.rgb] * 4)
    data = ArrayDataset("four", ("a", "b"), images, np.array([0, 1, 0, 1]))
    subset = Subset(data, np.arange(4))
    pipeline = panel.controls.pipeline
    batch = next(
        batches(subset, pipeline, batch_size=4, seed=77, epoch=2, shuffle=False, device="cpu")
    )
    for index, sample in enumerate(denormalise(batch.images, pipeline)):
        assert np.array_equal(pixels(panel.samples.grid.image(index)), sample)


def test_the_screen_shows_the_pixels_of_the_samples(panel, studio, settle, make_picture):
    choose(panel.controls.source, "cifar")
    settle(studio.set_picture, make_picture(32, 32))
    screen = pixels(panel.samples.grid.grab().toImage())
    for index, sample in enumerate(grid_pixels(panel)):
        box = panel.samples.grid.tiling.picture(index)
        assert box.width >= 64  # enlarged at least twice: pixels are squares
        centres = ((np.arange(32) + 0.5) * box.width / 32).astype(int)
        seen = screen[box.top + centres][:, box.left + centres]
        assert np.array_equal(seen, sample)


def test_the_rectangle_on_the_original_is_the_crop_box(filled, studio, photograph):
    view = filled.samples.side.original
    accent = QColor(studio.theme.accent).getRgb()[:3]
    area = view.picture_area()
    scale = area.width() / photograph.width
    for index in range(4):
        filled.samples.grid.select(index)
        assert view.strong == index
        drawn = draw(
            pipelines_for(224)[0], photograph.height, photograph.width, sample_rng(0, 0, index)
        )
        box = drawn.crop_box
        screen = pixels(view.grab().toImage())
        left, top = area.left() + box.left * scale, area.top() + box.top * scale
        right, bottom = left + box.width * scale, top + box.height * scale
        middle, centre = round((top + bottom) / 2), round((left + right) / 2)
        for x, y in ((left, middle), (right, middle), (centre, top), (centre, bottom)):
            around = screen[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3].reshape(-1, 3)
            assert (np.abs(around.astype(int) - accent).max(axis=1) < 8).any(), (index, x, y)


def test_outside_of_the_crop_the_original_is_dimmed_and_inside_it_is_not(filled, photograph):
    view = filled.samples.side.original
    before = pixels(view.grab().toImage())
    view.show_strong(None)
    view.show_draws((), border=0)
    plain = pixels(view.grab().toImage())
    filled.samples.grid.select(0)
    box = filled.samples.grid.draws[0].crop_box
    area = view.picture_area()
    scale = area.width() / photograph.width
    inside = (
        round(area.top() + (box.top + box.height / 2) * scale),
        round(area.left() + (box.left + box.width / 2) * scale),
    )
    corner = (round(area.top()) + 1, round(area.left()) + 1)
    assert not np.array_equal(before[corner], plain[corner])
    assert np.array_equal(before[inside], plain[inside])


def test_a_new_seed_shows_other_samples_and_the_previous_seed_brings_them_back(
    filled, studio, settle
):
    before = grid_pixels(filled)
    settle(studio.commands.run, "augmentation.new_seed")
    assert filled.controls.seed.value() != 0
    assert not np.array_equal(grid_pixels(filled)[0], before[0])
    settle(studio.commands.run, "augmentation.previous_seed")
    assert filled.controls.seed.value() == 0
    assert not studio.commands.action("augmentation.previous_seed").isEnabled()
    for now, then in zip(grid_pixels(filled), before, strict=True):
        assert np.array_equal(now, then)


def test_a_seed_typed_in_takes_effect_at_enter(filled, qtbot, settle, photograph):
    box = filled.controls.seed
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "4321")
    assert filled.samples.shown.seed == 0
    settle(qtbot.keyClick, box, Qt.Key.Key_Return)
    assert filled.samples.shown.seed == 4321
    expected = preview(pipelines_for(224)[0], photograph, seed=4321, count=1)[0]
    assert np.array_equal(pixels(filled.samples.grid.image(0)), expected.image)


def test_the_epoch_counts_from_one_and_draws_anew(filled, settle, photograph):
    settle(filled.controls.epoch.setValue, 5)
    expected = preview(pipelines_for(224)[0], photograph, seed=0, epoch=4, count=1)[0]
    assert np.array_equal(pixels(filled.samples.grid.image(0)), expected.image)


@pytest.mark.parametrize("count", [4, 64])
def test_as_many_samples_are_shown_as_chosen(filled, settle, count):
    settle(choose, filled.controls.count, count)
    assert len(filled.samples.grid.draws) == count
    assert filled.samples.grid.complete


def test_the_pipeline_follows_the_network(filled, studio, settle, photograph):
    settle(studio.set_spec, get("cifar_resnet20").spec)
    assert filled.samples.shown.pipeline == pipelines_for(32)[0]
    assert filled.samples.grid.image(0).size() == QSize(32, 32)
    assert "32 px" in filled.controls.source.currentText()
    settle(studio.undo_stack.undo)
    assert filled.samples.shown.pipeline == pipelines_for(224)[0]


def test_a_published_pipeline_does_not_follow_the_network(filled, studio, settle):
    settle(choose, filled.controls.source, "cifar")
    studio.set_spec(get("resnet50").spec.replace(input_size=96))
    assert filled.controls.pipeline == PRESETS["cifar_train"]
    assert filled.samples.shown.pipeline == PRESETS["cifar_train"]


def test_validation_shows_one_crop_without_chance(filled, settle, studio, photograph):
    settle(filled.controls.validation.click)
    assert len(filled.samples.grid.draws) == 1
    expected = preview(pipelines_for(224)[1], photograph, seed=0, count=1)[0]
    assert np.array_equal(pixels(filled.samples.grid.image(0)), expected.image)
    assert not filled.controls.seed.isEnabled()
    assert not studio.commands.action("augmentation.new_seed").isEnabled()
    settle(filled.controls.training.click)
    assert len(filled.samples.grid.draws) == 12


def test_the_older_rule_changes_the_crops_and_nothing_else(filled, settle):
    before = filled.samples.grid.draws
    filled.controls.editing.select(0)
    rule = filled.controls.head.strip.form.inputs["rule"].box
    settle(choose, rule, "uniform_swap")
    after = filled.samples.grid.draws
    assert any(one.crop_box != two.crop_box for one, two in zip(before, after, strict=True))
    assert [one.flipped for one in before] == [two.flipped for two in after]


def test_the_summary_tells_mean_least_and_most(filled):
    kept = [100 * drawn.kept_fraction for drawn in filled.samples.grid.draws]
    text = filled.samples.summary.text()
    assert f"mean {sum(kept) / len(kept):.0f} %" in text
    assert f"most {max(kept):.0f} %" in text
    assert f"flipped {sum(drawn.flipped for drawn in filled.samples.grid.draws)} of 12" in text


def test_the_sentence_names_the_seed_and_the_epoch(filled, settle):
    settle(filled.controls.seed.setValue, 99)
    assert "same code" in filled.samples.sentence.text()
    assert "seed 99" in filled.samples.sentence.text()


def test_before_torch_is_ready_rectangles_and_parameters_are_there(
    panel, studio, settle, photograph
):
    studio.set_torch(TorchStatus("loading"))
    settle(studio.set_picture, photograph)
    assert len(panel.samples.grid.draws) == 12
    assert panel.samples.grid.image(0).isNull()
    assert len(panel.samples.side.original.boxes) == 12
    assert "torch" in panel.samples.notice.text()
    assert panel.samples.notice.isVisible()
    assert studio.commands.action("augmentation.save_table").isEnabled()
    assert not studio.commands.action("augmentation.save_view").isEnabled()
    before = panel.samples.grid.draws
    settle(studio.set_torch, TorchStatus("ready"))
    assert panel.samples.grid.complete
    assert [drawn.crop_box for drawn in panel.samples.grid.draws] == [
        one.crop_box for one in before
    ]
    assert not panel.samples.notice.isVisible()


def test_if_torch_failed_the_panel_says_so(panel, studio, settle, photograph):
    studio.set_torch(TorchStatus("failed", message="It is broken.", remedy="Mend it."))
    settle(studio.set_picture, photograph)
    assert "It is broken. Mend it." in panel.samples.notice.text()
    assert len(panel.samples.grid.draws) == 12


def test_of_many_wishes_the_one_under_way_ends_and_then_only_the_last_is_made(
    filled, studio, qtbot, photograph
):
    started = []
    studio.workers.task_started.connect(started.append)
    choose(filled.controls.count, 64)
    for seed in range(1, 15):
        filled.controls.seed.setValue(seed)
    assert len(started) == 1  # no event has been served: it is at work, and all else waits
    qtbot.waitUntil(lambda: not studio.workers.tasks, timeout=LONG_MS)
    assert len(started) == 2
    assert filled.samples.shown.seed == 14
    assert filled.samples.grid.complete
    expected = preview(pipelines_for(224)[0], photograph, seed=14, count=64)[63]
    assert np.array_equal(pixels(filled.samples.grid.image(63)), expected.image)


def test_work_that_a_person_stops_is_said_to_be_stopped(panel, studio, settle, make_picture):
    studio.workers.task_started.connect(lambda task: task.cancel())
    settle(studio.set_picture, make_picture(3000, 2000))
    assert "Stopped" in panel.samples.notice.text()
    studio.workers.task_started.disconnect()
    settle(panel.controls.seed.setValue, 3)
    assert panel.samples.grid.complete
    assert not panel.samples.notice.isVisible()


def test_long_work_is_shown_in_the_status_bar_and_short_work_is_not(
    panel, studio, settle, make_picture
):
    shown = []
    studio.workers.task_started.connect(lambda task: shown.append(task.visible))
    settle(studio.set_picture, make_picture(3600, 2400))
    settle(studio.set_picture, make_picture(300, 200))
    assert shown == [True, False]


@pytest.mark.parametrize(
    ("width", "height"), [(8, 8), (1, 1), (1, 400), (3000, 20), (20, 3000), (4000, 3000)]
)
@pytest.mark.parametrize("source", ["imagenet", "cifar", "tutorial"])
def test_pictures_of_any_size_are_shown(panel, studio, settle, make_picture, width, height, source):
    choose(panel.controls.count, 4)
    choose(panel.controls.source, source)
    settle(studio.set_picture, make_picture(width, height))
    assert panel.samples.grid.complete
    assert not panel.samples.notice.isVisible()
    area = panel.samples.side.original.picture_area()
    assert area.width() >= 3
    assert area.height() >= 3
    assert not panel.grab().toImage().isNull()


def test_a_picture_too_elongated_is_refused_in_words_and_the_next_one_is_shown(
    panel, studio, settle, make_picture, photograph, messages
):
    panel.controls.validation.click()
    settle(studio.set_picture, make_picture(40_000, 1, name="line"))
    assert "too elongated" in panel.samples.notice.text()
    assert panel.samples.grid.draws == ()
    assert messages == []
    settle(studio.set_picture, photograph)
    assert panel.samples.grid.complete
    assert not panel.samples.notice.isVisible()


def test_the_refusal_is_the_one_of_the_data_package(make_picture):
    line = make_picture(40_000, 1)
    with pytest.raises(PictureError, match="too elongated"):
        preview(PRESETS["imagenet_val"], line, seed=0, count=1)


def test_a_hidden_panel_does_nothing_until_it_is_shown(panel, studio, settle, photograph):
    panel.hide()
    studio.set_picture(photograph)
    assert not studio.workers.tasks
    settle(panel.show)
    assert panel.samples.grid.complete


def test_another_picture_replaces_name_and_samples(filled, studio, settle, make_picture):
    settle(studio.set_picture, make_picture(90, 60, name="other"))
    assert "other" in filled.samples.side.name.text()
    assert "90 × 60 px" in filled.samples.side.name.text()
    assert filled.samples.grid.draws[0].width == 90
    studio.set_picture(None)
    assert filled.views.pages.currentWidget() is filled.empty
    assert filled.samples.grid.draws == ()


def test_the_story_tells_every_attempt(panel, studio, settle, make_picture):
    settle(studio.set_picture, make_picture(600, 90))
    number, drawn = next(
        (number, one)
        for number, one in enumerate(panel.samples.grid.draws)
        if len(one.steps[0].attempts) > 1
    )
    panel.samples.grid.select(number)
    text = panel.samples.side.story.toPlainText().replace("\u00a0", " ")
    for attempt in drawn.steps[0].attempts:
        assert f"{attempt.width} × {attempt.height}" in text
    assert text.count("refused: H > 90") == sum(
        not attempt.accepted and attempt.width <= 600 for attempt in drawn.steps[0].attempts
    )
    assert panel.samples.side.heading.text() == f"Sample {number + 1}"
    assert np.array_equal(
        pixels(panel.samples.side.sample.image), pixels(panel.samples.grid.image(number))
    )


def test_light_and_dark_change_without_restart(filled, studio):
    studio.set_appearance("light")
    light = filled.grab().toImage()
    studio.set_appearance("dark")
    dark = filled.grab().toImage()
    studio.set_appearance("light")
    assert QColor(light.pixel(2, 2)).lightness() > 200
    assert QColor(dark.pixel(2, 2)).lightness() < 60
    assert filled.grab().toImage().pixel(2, 2) == light.pixel(2, 2)


def test_every_control_has_a_name_and_a_tool_tip(filled):
    controls = filled.controls
    for widget in (
        controls.source,
        controls.training,
        controls.validation,
        controls.more,
        controls.head.add_button,
        controls.seed,
        controls.epoch,
        controls.count,
        filled.samples.export_button,
    ):
        assert widget.accessibleName()
        assert widget.toolTip()
    for widget in (
        filled.samples.grid,
        filled.samples.side.original,
        filled.samples.side.sample,
        filled.samples.side.story,
    ):
        assert widget.accessibleName()
