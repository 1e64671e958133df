"""Thumbnails: made of any picture, kept outside the person's folder, made anew when it changes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from resnet_studio.data.caches import DiskCache
from resnet_studio.data.dataset import ArrayDataset, Subset
from resnet_studio.data.duplicates import find_duplicates, fingerprints
from resnet_studio.data.imaging import UnreadablePictureError
from resnet_studio.data.measure import measure_pixels
from resnet_studio.data.sources import DataConfig, load_dataset
from resnet_studio.data.thumbnails import Thumbnails
from tests.data.folders import make_classes
from tests.data.test_measure import result_of

PHOTOGRAPH = load_sample_images().images[0]


def make_photographs(root: Path) -> Path:
    """Four photographs of different sizes in two classes, one of them lying on its side."""
    for number, cls in enumerate(["a", "a", "b", "b"]):
        (root / cls).mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(PHOTOGRAPH[: 400 - 10 * number])
        exif = Image.Exif()
        if number == 3:
            exif[274] = 6
        image.save(root / cls / f"{number}.jpg", quality=90, exif=exif)
    return root


def files_of(path: Path):
    return load_dataset(DataConfig(source="folder", path=str(path))).train.dataset


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_thumbnails_are_the_picture_in_small_and_are_kept(tmp_path, kind):
    path = make_photographs(tmp_path / "set")
    if kind == "zip":
        path = Path(shutil.make_archive(str(tmp_path / "set"), "zip", path))
    dataset, cache = files_of(path), DiskCache()
    for index in range(4):
        thumbnail = Thumbnails(cache).of(dataset, index, 96)
        assert max(thumbnail.shape[:2]) == 96
        whole = Image.fromarray(dataset.picture(index))
        exact = np.asarray(whole.resize(thumbnail.shape[1::-1], Image.Resampling.BOX), float)
        assert np.abs(thumbnail - exact).mean() < 6
        again = Thumbnails(DiskCache()).of(dataset, index, 96)
        assert np.abs(again.astype(float) - thumbnail).mean() < 5
    assert thumbnail.shape[0] > thumbnail.shape[1]  # turned upright
    assert len([p for p in cache.folder.rglob("*") if p.is_file()]) == 4
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_changed_file_has_another_thumbnail_and_a_damaged_entry_is_made_anew(tmp_path):
    dataset = files_of(make_photographs(tmp_path))
    cache = DiskCache()
    before = Thumbnails(cache).of(dataset, 0)
    for entry in cache.folder.rglob("*"):
        if entry.is_file():
            entry.write_bytes(b"damaged")
    assert np.array_equal(Thumbnails(cache).of(dataset, 0), before)
    Image.fromarray(255 - PHOTOGRAPH).save(tmp_path / "a" / "0.jpg")
    after = Thumbnails(cache).of(dataset, 0)
    assert np.abs(after.mean() - before.mean()) > 5
    (tmp_path / "a" / "0.jpg").unlink()
    with pytest.raises(UnreadablePictureError):
        Thumbnails(cache).of(dataset, 0)


def test_pictures_in_memory_and_small_ones_are_not_kept(tmp_path):
    cache = DiskCache()
    images = np.stack([PHOTOGRAPH[:200, :300]])
    dataset = ArrayDataset("one", ("a",), images, np.zeros(1, dtype=np.int64))
    assert Thumbnails(cache).of(dataset, 0, 96).shape == (64, 96, 3)
    make_classes(tmp_path, {"a": 2, "b": 2}, side=20)
    make_classes(tmp_path, {"b/larger": 1}, side=30)  # of two sizes: it stays in files
    assert Thumbnails(cache).of(files_of(tmp_path), 0).shape == (20, 20, 3)
    assert not cache.folder.exists()


def tree(root: Path) -> dict[str, tuple[int, int, int]]:
    """Every entry with its size and times; reading may change none of them."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in [".", *folders, *files]:
            status = (Path(folder) / name).stat()
            found[str(Path(folder) / name)] = (
                status.st_size,
                status.st_mtime_ns,
                status.st_ctime_ns,
            )
    return found


def test_nothing_is_written_into_the_folder_of_a_data_set(tmp_path):
    make_photographs(tmp_path / "set")
    (tmp_path / "set" / "a" / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    shutil.make_archive(str(tmp_path / "archive"), "zip", tmp_path / "set")
    before = tree(tmp_path)
    for path in (tmp_path / "set", tmp_path / "archive.zip"):
        split = load_dataset(DataConfig(source="folder", path=str(path)))
        dataset = split.train.dataset
        result_of(measure_pixels(Subset(dataset, np.arange(len(dataset)))))
        find_duplicates(result_of(fingerprints(split)))
        thumbnails = Thumbnails(DiskCache())
        for index in range(len(dataset)):
            thumbnails.of(dataset, index, 192)
    assert tree(tmp_path) == before
