"""The drawing as a person uses it: pointer, wheel, keys, colours."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from resnet_studio.gui.architecture import frame, labels
from resnet_studio.gui.architecture.outline import Folds, every_stage_folded
from resnet_studio.gui.architecture.painting import Artist


def turn_wheel(view, point, notches, keys=Qt.KeyboardModifier.NoModifier):
    event = QWheelEvent(
        point,
        view.mapToGlobal(point),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def colours(view):
    """The colours of a picture of the widget and how many pixels have them."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    counts = Counter(memoryview(image.constBits()).cast("I"))
    return {f"#{pixel & 0xFFFFFF:06x}": count for pixel, count in counts.items()}


def near(point):
    return pytest.approx((point.x(), point.y()), abs=1e-6)


def test_the_first_drawing_shows_the_whole_network_between_titles_and_legend(view):
    seen = view.camera.rect(view.drawing.bounds)
    window = view.drawing_area()
    assert view.is_fitted
    assert window.contains(seen.x, seen.y)
    assert window.contains(seen.right, seen.bottom)
    assert seen.w > 0.85 * window.w or seen.h > 0.85 * window.h


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet152", "cifar_resnet110"])
def test_each_part_is_painted_in_its_colour_of_the_theme(view, studio, show, name):
    show(name)
    painted = colours(view)
    count = len(studio.graph.sections)
    for index in range(1, count - 1):
        assert painted.get(studio.theme.stage_colour(index, count), 0) > 20
    assert view.look.headers[0].name() in painted


@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        "resnet50",
        "resnet152",
        "cifar_resnet20",
        "cifar_resnet1202",
        "cifar_preact_resnet1001",
    ],
)
def test_every_part_has_room_for_its_title_at_first_sight(view, show, name):
    show(name)
    window = view.drawing_area()
    cells = list(frame.header_cells(view.drawing, view.camera, window, view.look))
    assert len(cells) == len(view.drawing.sections)
    for figure, cell in cells:
        title = labels.section_titles(figure.section)[0]
        if figure.name == "head":
            title = labels.section_titles(figure.section)[-1]
        assert view.look.title.width(title) < cell.w - frame.HANDLE
        shape = labels.shape_text(figure.section.output_shape)
        assert view.look.note.width(shape) < cell.w


def test_wheel_zoom_keeps_the_point_under_the_pointer(view):
    point = QPointF(400, 240)
    under = view.camera.to_drawing(point.x(), point.y())
    zoom = view.camera.zoom
    turn_wheel(view, point, 3)
    assert view.camera.zoom > 1.5 * zoom
    assert view.camera.to_screen(*under) == near(point)
    turn_wheel(view, point, -3)
    assert view.camera.zoom == pytest.approx(zoom)


def test_shift_and_wheel_pans_sideways(view):
    before = view.camera
    turn_wheel(view, QPointF(400, 240), 1, Qt.KeyboardModifier.ShiftModifier)
    assert view.camera.zoom == before.zoom
    assert view.camera.x == before.x + 120
    assert view.camera.y == before.y


def test_dragging_pans_and_selects_nothing(view, qtbot, studio):
    before = view.camera
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 200))
    QTest.mouseMove(view, QPoint(340, 215))
    QTest.mouseMove(view, QPoint(350, 220))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(350, 220))
    assert (view.camera.x - before.x, view.camera.y - before.y) == (50, 20)
    assert view.camera.zoom == before.zoom
    assert studio.selection == ""


def test_the_drawing_cannot_be_lost_by_panning(view):
    for step in ((5000, 0), (0, 5000), (-20000, -20000)):
        view.pan(*step)
        seen = view.camera.rect(view.drawing.bounds)
        assert seen.right > 0
        assert seen.x < view.width()
        assert seen.bottom > 0
        assert seen.y < view.height()


@pytest.mark.parametrize("key", [Qt.Key.Key_0, Qt.Key.Key_F])
def test_fit_shows_everything_again(view, key):
    fitted = view.camera
    turn_wheel(view, QPointF(100, 200), 5)
    assert view.camera != fitted
    QTest.keyClick(view, key)
    assert view.camera == fitted


def test_a_fitted_drawing_follows_the_size_of_the_window(view, panel, qtbot):
    before = view.camera.zoom
    panel.resize(1600, 900)
    qtbot.waitUntil(lambda: view.width() > 1500)
    assert view.camera.zoom > before
    seen = view.camera.rect(view.drawing.bounds)
    assert seen.right <= view.width()
    assert seen.w > 0.85 * view.width()


def test_plus_and_minus_zoom(view):
    before = view.camera.zoom
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.camera.zoom == pytest.approx(before * 1.25)
    QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.camera.zoom == pytest.approx(before)


def test_a_click_selects_the_block_under_it(view, middle_of, qtbot, studio):
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle_of("layer3.2").toPoint())
    assert studio.selection == "layer3.2"


def test_a_click_on_a_title_selects_the_part_and_a_click_beside_all_nothing(view, qtbot, studio):
    column = view.camera.rect(view.drawing.rect_of("layer2"))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(round(column.cx), 30))
    assert studio.selection == "layer2"
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(1, 200))
    assert studio.selection == ""


def test_the_selection_is_outlined_in_the_accent_colour(view, studio):
    accent = QColor(studio.theme.accent).name()
    view.clearFocus()
    before = colours(view).get(accent, 0)
    studio.select("layer3.2")
    assert colours(view).get(accent, 0) > before + 20


def test_a_double_click_opens_a_block_and_another_closes_it(view, middle_of, qtbot):
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=middle_of("layer2.1").toPoint())
    assert view.drawing.rect_of("layer2.1.bn2") is not None
    card = view.camera.rect(view.drawing.rect_of("layer2.1"))
    corner = QPoint(round(card.right - 6), round(card.bottom - 6))
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=corner)
    assert view.drawing.rect_of("layer2.1.bn2") is None


def test_an_opened_block_stays_in_sight(view, middle_of, qtbot):
    for name in ("layer1.0", "layer4.2"):
        view.set_folds(Folds())
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=middle_of(name).toPoint())
        card = view.camera.rect(view.drawing.rect_of(name))
        assert card.x >= 0
        assert card.right <= view.width()


def test_folding_a_stage_by_its_handle_changes_what_is_painted(view, qtbot, studio):
    view.setFocus()  # its frame is painted over the titles from the start
    green = studio.theme.stage_colour(2)
    before = colours(view)[green]
    column = view.camera.rect(view.drawing.rect_of("layer2"))
    handle = QPoint(round(column.x + 9), 14)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=handle)
    assert view.folds.folded == {"layer2"}
    assert colours(view)[green] != before
    column = view.camera.rect(view.drawing.rect_of("layer2"))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(round(column.x + 9), 14))
    assert view.folds.folded == set()
    assert colours(view)[green] == before


def test_the_keyboard_walks_opens_and_leaves(view, studio):
    for key, name in (
        (Qt.Key.Key_Right, "stem"),
        (Qt.Key.Key_Right, "layer1"),
        (Qt.Key.Key_Down, "layer1.0"),
        (Qt.Key.Key_Right, "layer1.1"),
    ):
        QTest.keyClick(view, key)
        assert studio.selection == name
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert "layer1.1" in view.folds.opened
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert studio.selection == "layer1.1.conv1"
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert view.folds.folded == {"layer1"}
    QTest.keyClick(view, Qt.Key.Key_End)
    assert studio.selection == "head"
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert studio.selection == ""


def test_z_fills_the_window_with_the_selection(view, studio):
    studio.select("layer3.2")
    QTest.keyClick(view, Qt.Key.Key_Z)
    seen = view.camera.rect(view.drawing.rect_of("layer3.2"))
    window = view.drawing_area()
    assert max(seen.w / window.w, seen.h / window.h) > 0.85


def test_selecting_elsewhere_brings_the_part_into_sight(view, studio):
    turn_wheel(view, QPointF(10, 200), 8)
    studio.select("layer4.2")
    seen = view.camera.rect(view.drawing.rect_of("layer4.2"))
    assert seen.x >= 0
    assert seen.right <= view.width()


def test_the_tool_tip_of_stage_1_of_resnet_50_states_its_known_figures(view, middle_of):
    column = view.camera.rect(view.drawing.rect_of("layer1"))
    text = view.tip_at(QPointF(column.cx, 30))
    for fact in ("Stage 1", "256×56×56", "215,808", "667,942,912", "35 px"):
        assert fact in text
    block = view.tip_at(middle_of("layer2.0"))
    for fact in ("layer2.0", "projection", "512×28×28", "379,392"):
        assert fact in block
    assert view.tip_at(QPointF(1, 200)) == ""


def test_a_theme_switch_repaints_in_the_other_colours(view, studio):
    light = studio.theme.surface
    assert colours(view)[light] > 500
    studio.set_appearance("dark")
    dark = colours(view)
    assert dark[studio.theme.surface] > 500
    assert dark.get(light, 0) < 50
    assert dark.get(studio.theme.stage_colour(3), 0) > 20


def test_larger_letters_keep_the_drawing_whole(view, studio, qtbot):
    height = view.look.title.height
    studio.settings["font_scale"] = 150
    studio.refresh_theme()
    qtbot.waitUntil(lambda: view.look.title.height > 1.3 * height)
    seen = view.camera.rect(view.drawing.bounds)
    assert seen.w <= view.width()
    assert seen.y >= frame.header_height(view.look)


def test_a_screen_reader_hears_what_is_selected(view, studio):
    studio.select("layer1")
    assert "256×56×56" in view.accessibleDescription()
    studio.select("")
    assert "256" not in view.accessibleDescription()


def test_switching_between_similar_networks_keeps_what_is_unfolded(view, studio, show):
    view.toggle("layer2.0")
    studio.set_spec(studio.spec.replace(classes=10))
    assert "layer2.0" in view.folds.opened
    show("resnet34")
    assert not view.folds.opened
    assert view.is_fitted


def test_a_block_opened_in_a_very_deep_network_is_shown_large_enough_to_be_read(view, show):
    show("cifar_resnet1202")
    whole = view.camera.zoom
    view.toggle("layer2.100")
    card, window = view.camera.rect(view.drawing.rect_of("layer2.100")), view.drawing_area()
    assert card.w > 120
    assert window.y <= card.y < card.bottom <= window.bottom
    view.toggle("layer2.100")
    view.fit()
    assert view.camera.zoom == pytest.approx(whole)


@pytest.mark.parametrize(
    ("name", "part", "paper"),
    [
        ("seresnet50", "layer1.1.se", "1709.01507"),
        ("cifar_resnet110_scaling", "layer1.1.shortcut_scale", "1603.05027"),
        ("wrn28_10_dropout", "layer1.1.dropout", "1605.07146"),
    ],
)
def test_the_tool_tip_of_a_special_layer_names_its_paper(view, show, middle_of, name, part, paper):
    show(name)
    view.toggle("layer1.1")
    view.zoom_to_selection()
    assert paper in view.tip_at(middle_of(part))


@pytest.mark.parametrize(
    "name",
    ["cifar_highway20", "wrn28_10_dropout", "cifar_resnet110_dropout", "tutorial96", "resnet50c"],
)
def test_every_family_is_painted_with_its_blocks_open(view, show, name):
    show(name)
    closed = colours(view)
    for index in range(2):
        view.toggle(f"layer1.{index}")
    opened = colours(view)
    assert opened != closed
    assert opened.get(view.look.surface.name(), 0) > closed.get(view.look.surface.name(), 0)


def test_folded_stages_of_a_low_drawing_do_not_write_over_each_other(view, show, monkeypatch):
    show("cifar_resnet110")
    view.setMinimumHeight(0)
    view.resize(view.width(), 190)
    view.set_folds(every_stage_folded(view.graph))
    written = []
    write = Artist._text

    def record(artist, face, colour, text, cx, baseline):
        half = face.width(text) / 2
        written.append((text, cx - half, cx + half, baseline - face.ascent, baseline))
        write(artist, face, colour, text, cx, baseline)

    monkeypatch.setattr(Artist, "_text", record)
    view.grab()
    assert [text for text, *_ in written].count("×18") == 3
    for one, left, right, top, foot in written:
        for other, start, end, ceiling, floor in written:
            beside = right <= start or end <= left or foot <= ceiling or floor <= top
            assert beside or (one, left) == (other, start), f"{one!r} lies over {other!r}"
