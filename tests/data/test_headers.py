"""The quick look at a header never says anything that opening the picture would not say."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from resnet_studio.data.headers import plain_size, size_of_head
from resnet_studio.data.imaging import MAX_FILE_BYTES, UnreadablePictureError, read_header
from tests.data.pictures import GREY, RGB, encoded, png, smooth

HEADERS = {
    "jpeg": encoded(smooth(5, 7), "JPEG"),
    "progressive": encoded(smooth(5, 7), "JPEG", progressive=True),
    "grey jpeg": encoded(smooth(5, 7)[..., 0], "JPEG", dpi=(72, 72)),
    "cmyk": encoded(Image.fromarray(smooth(5, 7)).convert("CMYK"), "JPEG"),
    "png": encoded(smooth(5, 7), "PNG", dpi=(72, 72)),
    "grey png": encoded(smooth(5, 7)[..., 0], "PNG"),
    "16-bit": png(np.full((4, 5, 3), 999), bits=16, colour=RGB),
    "1-bit": png(np.ones((4, 9, 1)), bits=1, colour=GREY),
}
UNUSUAL = {
    "exif": encoded(smooth(5, 7), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"),
    "palette": encoded(Image.fromarray(smooth(5, 7)).quantize(4), "PNG"),
    "gif": encoded(Image.fromarray(smooth(5, 7)).quantize(4), "GIF"),
    "empty": b"",
}


def by_pillow(content: bytes) -> tuple[str, int, int] | None:
    try:
        header = read_header(io.BytesIO(content))
    except UnreadablePictureError:
        return None
    return header.format, header.width, header.height


@pytest.mark.parametrize("kind", HEADERS)
def test_plain_headers_are_read_quickly(kind, tmp_path):
    (tmp_path / "picture").write_bytes(HEADERS[kind])
    found = plain_size(str(tmp_path / "picture"))
    assert found is not None
    assert found == by_pillow(HEADERS[kind])


@pytest.mark.parametrize("kind", UNUSUAL)
def test_what_is_unusual_is_left_to_pillow(kind):
    assert size_of_head(UNUSUAL[kind]) is None


@pytest.mark.parametrize("kind", [*HEADERS, *UNUSUAL])
def test_no_changed_byte_and_no_cut_makes_it_differ_from_pillow(kind):
    content = (HEADERS | UNUSUAL)[kind]
    rng = np.random.default_rng(0)
    changed = [content[:end] for end in range(0, min(len(content), 800), 3)]
    for place in range(min(len(content), 800)):
        other = bytearray(content)
        other[place] ^= int(rng.integers(1, 256))
        changed.append(bytes(other))
    quick = [(size_of_head(one), one) for one in changed]
    assert all(found is None or found == by_pillow(one) for found, one in quick)


def test_what_is_no_plain_file_is_left_to_pillow(tmp_path):
    assert plain_size(str(tmp_path)) is None
    assert plain_size(str(tmp_path / "missing")) is None
    assert plain_size("a\0b") is None
    with (tmp_path / "enormous.jpg").open("wb") as file:
        file.write(HEADERS["jpeg"])
        file.truncate(MAX_FILE_BYTES + 1)
    assert plain_size(str(tmp_path / "enormous.jpg")) is None
