"""Files dropped on the window that are broken, foreign, hostile or merely unusual."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from resnet_studio.models import build_network, save_weights
from tests.bad_input.commands import huge_png, photograph, pipe
from tests.models import hostile
from tests.training.conftest import tiny_spec


def whole(folder: Path) -> Path:
    path = folder / "whole.png"
    Image.fromarray(photograph()).save(path)
    return path


def test_pictures_that_cannot_be_opened_are_named_and_the_shown_one_stays(rig, tmp_path):
    content = whole(tmp_path).read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "noise.jpg").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty.png").touch()
    huge_png(tmp_path / "huge.png", 40_000)
    pipe(tmp_path / "pipe.png")
    (tmp_path / "circle.png").symlink_to(tmp_path / "circle.png")
    reasons = {
        "cut.png": "cut off",
        "noise.jpg": "format is unknown",
        "empty.png": "empty",
        "huge.png": "too large",
        "pipe.png": "not a plain file",
        "circle.png": "symbolic links",
        "gone.png": "no such file",
        "n" * 300 + ".png": "name too long",
        "/dev/zero": "not a plain file",
    }
    rig.drop(tmp_path / "whole.png")
    rig.until(lambda: rig.features.examination is not None)
    shown, maps = rig.studio.picture, rig.features.examination
    for name, reason in reasons.items():
        assert rig.drop(tmp_path / name)
        rig.idle()
        error = rig.one_error()
        assert reason in error.lower()
        assert Path(name).name in error
    assert rig.studio.picture is shown
    assert rig.features.examination is maps


def test_pictures_of_every_kind_are_shown_and_looked_into(rig, tmp_path, qtlog):
    plain = Image.fromarray(photograph())
    exif = Image.Exif()
    exif[0x112] = 6
    Image.fromarray(np.full((30, 40), 40_000, np.uint16)).save(tmp_path / "16 bits.png")
    plain.convert("CMYK").save(tmp_path / "inks.jpg")
    plain.quantize(64).save(tmp_path / "palette.png")
    plain.convert("RGBA").save(tmp_path / "alpha.png")
    plain.save(tmp_path / "turned.jpg", exif=exif)
    plain.save(tmp_path / "moves.gif", save_all=True, append_images=[plain.rotate(90)])
    plain.save(tmp_path / "猫 🐱.png")
    for width, height in ((1, 1), (1, 5000), (5000, 1)):
        Image.new("RGB", (width, height), "red").save(tmp_path / f"{width} x {height}.png")
    for path in sorted(tmp_path.iterdir()):
        assert rig.drop(path)
        rig.until(lambda path=path: rig.studio.picture and rig.studio.picture.name == path.name)
        rig.until(lambda: (rig.features.shown_for or [None])[0] is rig.studio.picture)
        assert len(rig.features.side.predictions.predictions) == 2
        rig.workspace.show_panel("augmentation")
        rig.idle()
        rig.workspace.show_panel("features")
    assert rig.told() == ""
    warnings = [record.message for record in qtlog.records]
    assert not [text for text in warnings if "propagateSizeHints" not in text], warnings


def test_a_picture_too_elongated_is_named_and_the_next_one_is_shown(rig, tmp_path):
    Image.new("RGB", (1, 60_000)).save(tmp_path / "line.png")
    rig.studio.set_spec(tiny_spec(input_size=64))
    rig.drop(tmp_path / "line.png")
    rig.until(lambda: rig.messages)
    assert "line.png" in rig.one_error()
    rig.drop(whole(tmp_path))
    rig.until(lambda: rig.features.examination is not None)
    assert rig.told() == ""


def test_what_is_no_file_is_refused_or_left_alone(rig):
    link = QMimeData()
    link.setUrls([QUrl("https://example.org/photo.png")])
    assert not rig.drop_mime(link)
    nothing = QMimeData()
    nothing.setImageData(QImage())
    assert rig.drop_mime(nothing)
    assert "no picture" in rig.one_error()


def test_a_large_picture_in_the_clipboard_keeps_its_pixels(rig):
    image = QImage(1501, 999, QImage.Format.Format_ARGB32)
    image.fill(0xFF102030)
    mime = QMimeData()
    mime.setImageData(image)
    assert rig.drop_mime(mime)
    rig.until(lambda: rig.studio.picture is not None)
    assert rig.studio.picture.rgb.shape == (999, 1501, 3)
    assert np.unique(rig.studio.picture.rgb.reshape(-1, 3), axis=0).tolist() == [[16, 32, 48]]


def weights_of(folder: Path, name: str, **changes: object) -> Path:
    path = folder / name
    network = build_network(tiny_spec(input_size=16, **changes), seed=1)
    if path.suffix == ".safetensors":
        save_weights(path, network)
    else:
        torch.save(network.state_dict(), path)
    return path


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    return path


def test_weights_that_cannot_be_read_are_named_run_nothing_and_change_nothing(
    rig, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.pth").write_text("<!doctype html>")
    (tmp_path / "noise.pth").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "absurd.safetensors").write_bytes(struct.pack("<Q", 2**62) + b'{"a":1}')
    refused = [
        (cut(weights_of(tmp_path, "cut.pth")), "cut short"),
        (cut(weights_of(tmp_path, "cut.safetensors")), "cut short"),
        (hostile.code_in_a_bare_pickle(tmp_path), "not read"),
        (hostile.code_in_a_zip(tmp_path), "Nothing of it was run"),
        (hostile.a_trillion_numbers_in_a_zip(tmp_path), "claims"),
        (tmp_path / "page.pth", "web page"),
        (tmp_path / "noise.pth", "neither a PyTorch file"),
        (tmp_path / "absurd.safetensors", "header claims"),
        (pipe(tmp_path / "pipe.pth"), "plain file"),
        (tmp_path / "gone.pth", "no such file"),
    ]
    rig.drop(whole(tmp_path))
    rig.until(lambda: rig.studio.network is not None)
    rig.idle()
    before, spec = rig.studio.network, rig.studio.spec
    for path, reason in refused:
        assert rig.drop(path)
        rig.idle()
        error = rig.one_error()
        assert path.name in error
        assert reason in error
    assert rig.studio.network is before
    assert rig.studio.spec == spec
    assert not (tmp_path / hostile.MARKER).exists()
    rig.drop(weights_of(tmp_path, "good.pth"))
    rig.idle()
    rig.window.workspace.drops.checkpoints.dialog.accept()
    rig.until(lambda: rig.studio.network.trained)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("seven.pth", {"classes": 7}),
        ("seven.safetensors", {"classes": 7}),
        ("deep.pth", {"depths": (2, 2)}),
    ],
)
def test_weights_of_another_network_change_nothing_until_they_are_wanted(
    rig, tmp_path, name, changes
):
    rig.drop(whole(tmp_path))
    rig.until(lambda: rig.studio.network is not None)
    rig.idle()
    before, spec = rig.studio.network, rig.studio.spec
    rig.drop(weights_of(tmp_path, name, **changes))
    rig.idle()
    dialog = rig.window.workspace.drops.checkpoints.dialog
    dialog.reject()
    assert rig.studio.network is before
    rig.drop(tmp_path / name)
    rig.idle()
    rig.window.workspace.drops.checkpoints.dialog.accept()
    rig.until(lambda: rig.studio.network is not None and rig.studio.network.trained)
    (field,) = changes
    assert getattr(rig.studio.spec, field) == changes[field]
    rig.studio.undo_stack.undo()
    assert rig.studio.spec == spec


def test_specifications_that_make_no_sense_leave_the_network(rig, tmp_path):
    contents = {
        "cut.toml": "depths = [2,",
        "huge.json": '{"name": "' + "a" * 1_000_000 + '"}',
        "deep.json": "[" * 8_000,
        "long.toml": ".".join("a" * 4_000) + "=1",
        "wide.json": '{"block": "basic", "depths": [2], "widths": [1000000]}',
        "code.json": '{"block": "basic", "depths": [2], "__class__": "os.system"}',
        "bytes.toml": "\x00\x01",
    }
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    before = rig.studio.spec
    for path in (*(tmp_path / name for name in contents), pipe(tmp_path / "pipe.toml")):
        assert rig.drop(path)
        assert path.name in rig.one_error()
    assert rig.studio.spec == before


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"caf\xe9.pth", b"caf\xe9.toml", b"caf\xe9"])
def test_names_that_are_no_unicode_come_from_the_command_line_alone(
    rig, open_window, tmp_path, name
):
    """Such a file is opened or refused by its name; the choices are kept all the same."""
    path = tmp_path / os.fsdecode(name)
    if path.suffix == ".png":
        whole(tmp_path).rename(path)
    elif path.suffix:
        path.write_text("nonsense")
    else:
        path.mkdir()
    rig.workspace.drops.open_path(path)
    rig.idle()
    if path.suffix == ".png":
        assert rig.told() == ""
        assert rig.studio.picture is not None
    elif path.suffix:
        assert "caf" in rig.one_error()
    else:
        assert rig.told() == ""
        assert "Rename" in rig.training.setup.data.info.text()
    rig.close()
    again = open_window()
    assert again.studio.spec.name == "tiny"
