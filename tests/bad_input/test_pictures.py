"""Pictures of every kind, broken ones and absurd ones, handed to `classify`.

Everything goes in through `main` and is looked at from outside: exit code, output, files. Each
input gives the right result or one line with file, reason and remedy; nothing hangs, nothing of a
file is run, no traceback is shown. What single functions do with bad input is in their own tests.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_studio.cli import EXIT_FAILED, main
from tests.bad_input.commands import NETWORK, huge_png, photograph, refusal
from tests.data.conftest import as_nobody  # noqa: F401 - a fixture


def kinds_of_pictures(folder: Path) -> dict[str, Image.Image]:
    """Writes a picture of every kind; returns what each must look like, by file name."""
    plain = Image.fromarray(photograph())
    grey, palette = plain.convert("L"), plain.quantize(64)
    Image.fromarray(np.asarray(grey, dtype=np.uint16) * 257).save(folder / "16 bits.png")
    palette.save(folder / "palette.png")
    plain.convert("RGBA").save(folder / "alpha.png")
    exif = Image.Exif()
    exif[0x112] = 6  # a quarter turn clockwise
    plain.save(folder / "turned.png", exif=exif)
    palette.save(folder / "moves.gif", save_all=True, append_images=[palette.rotate(90)] * 3)
    plain.save(folder / "猫 🐱.png")
    plain.save(folder / os.fsdecode(b"caf\xe9.png"))
    return {
        "16 bits.png": grey.convert("RGB"),
        "palette.png": palette.convert("RGB"),
        "alpha.png": plain,
        "turned.png": plain.rotate(-90, expand=True),
        "moves.gif": palette.convert("RGB"),
        "猫 🐱.png": plain,
        os.fsdecode(b"caf\xe9.png"): plain,
    }


def classified(capsys, paths: list[Path]) -> list[dict]:
    words = ["classify", *map(str, paths), "--network", NETWORK, "--json"]
    assert main(words) in (0, EXIT_FAILED)
    told = json.loads(capsys.readouterr().out)["images"]
    assert [entry["file"] for entry in told] == [str(path) for path in paths]
    return told


def test_every_kind_of_picture_is_seen_as_what_it_shows(tmp_path, capsys):
    shown = kinds_of_pictures(tmp_path)
    paths = [tmp_path / name for name in shown]
    twins = []
    for number, image in enumerate(shown.values()):
        twins.append(tmp_path / f"twin {number}.png")
        image.save(twins[-1])
    told = classified(capsys, [*paths, *twins])
    half = len(paths)
    for entry, twin in zip(told[:half], told[half:], strict=True):
        assert entry["top"] == twin["top"], entry["file"]


def test_the_smallest_the_longest_and_inks_are_classified(tmp_path, capsys):
    for width, height in ((1, 1), (1, 5000), (5000, 1)):
        Image.new("RGB", (width, height), "red").save(tmp_path / f"{width} x {height}.png")
    Image.fromarray(photograph()).convert("CMYK").save(tmp_path / "inks.jpg")
    told = classified(capsys, sorted(tmp_path.iterdir()))
    assert len(told) == 4
    assert all(len(entry["top"]) == 5 for entry in told)


def test_pictures_that_cannot_be_opened_are_named_and_the_others_classified(tmp_path, capsys):
    plain = Image.fromarray(photograph())
    whole = io.BytesIO()
    plain.save(whole, "PNG")
    jpeg = io.BytesIO()
    plain.save(jpeg, "JPEG")
    reasons = {
        "cut.png": "cut off",
        "cut.jpg": "cut off",
        "noise.png": "format is unknown",
        "empty.png": "it is empty",
        "page.jpg": "web page",
        "huge.png": "too large",
        "pipe.png": "not a plain file",
        "circle.png": "symbolic links",
        "line.png": "too elongated",
        "gone.png": "no such file",
        "n" * 300 + ".png": "name too long",
    }
    (tmp_path / "cut.png").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    (tmp_path / "cut.jpg").write_bytes(jpeg.getvalue()[: len(jpeg.getvalue()) // 2])
    (tmp_path / "noise.png").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty.png").touch()
    (tmp_path / "page.jpg").write_text("<!doctype html><title>404</title>")
    huge_png(tmp_path / "huge.png", 40_000)
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "circle.png").symlink_to(tmp_path / "circle.png")
    Image.new("RGB", (1, 60_000)).save(tmp_path / "line.png")
    plain.save(tmp_path / "good.png")
    told = classified(capsys, [*(tmp_path / name for name in reasons), tmp_path / "good.png"])
    for entry, (name, reason) in zip(told, reasons.items(), strict=False):
        assert reason in entry["error"].lower(), name
        assert name in entry["error"]
        assert entry["error"].count(". ") >= 1  # and a remedy
        assert "\n" not in entry["error"]
    assert len(told[-1]["top"]) == 5


def test_a_picture_that_may_not_be_read_says_so(tmp_path, capsys, as_nobody):  # noqa: F811
    path = tmp_path / "secret.png"
    Image.fromarray(photograph()).save(path)
    classified(capsys, [path])
    path.chmod(0)
    with as_nobody(tmp_path):
        told = classified(capsys, [path])
    assert "no permission" in told[0]["error"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ([], "No picture is named"),
        (["a.png", "--top", "0"], "top is 0"),
        (["a.png", "--top", "-3"], "top is -3"),
    ],
)
def test_a_call_that_would_do_nothing_is_refused(words, hint, capsys):
    assert main(["classify", *words, "--network", NETWORK]) == EXIT_FAILED
    assert hint in refusal(capsys)
