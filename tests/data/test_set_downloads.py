"""Published data sets fetched from a server on 127.0.0.1, and their archives unpacked."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
from urllib.parse import urlsplit

import pytest
from torchvision import datasets

from resnet_studio.data import unpacking
from resnet_studio.data.published import PUBLISHED, home_of
from resnet_studio.data.set_downloads import (
    download_set,
    downloadable,
    host_of,
    kept_of,
    remote_files,
)
from resnet_studio.data.sources import DataConfig, load_dataset
from resnet_studio.data.stored_sets import find_set
from resnet_studio.data.unpacking import unpack_tgz
from resnet_studio.errors import Cancelled, DataError, DownloadError
from tests.data import known_sets
from tests.test_downloads import Handler, Server, server  # noqa: F401 - a fixture


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def files(server, monkeypatch) -> dict[str, bytes]:  # noqa: F811
    """What the server gives by the last part of the address; torchvision's tables point there."""
    given: dict[str, bytes] = {}

    def give(self: Handler) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        content = given.get(self.path.rsplit("/", 1)[-1])
        if content is None:
            self.answer(404, Content_Length=0)
            return
        start = self.start()
        headers = {"Content_Length": len(content) - start}
        if start:
            headers["Content_Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.answer(206 if start else 200, content[start:], **headers)

    monkeypatch.setattr(Handler, "do_GET", give)
    mnist = {name: known_sets.idx(each) for name, each in known_sets.mnist_arrays().items()}
    given |= {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in mnist.items()}
    given["imagenette2-160.tgz"] = known_sets.tgz(known_sets.imagenette_members())
    hundred = {f"cifar-100-python/{s}": known_sets.cifar100_pickle(150) for s in ("train", "test")}
    given["cifar-100-python.tar.gz"] = known_sets.tgz(hundred)
    _point_torchvision_there(server, monkeypatch, given)
    return given


def _point_torchvision_there(server: Server, monkeypatch, given: dict[str, bytes]) -> None:  # noqa: F811
    resources = [(name, md5(given[name])) for name, _ in datasets.MNIST.resources]
    mirrors = [server.url("nowhere-"), server.url("mnist/")]
    for kind in (datasets.MNIST, datasets.FashionMNIST):
        monkeypatch.setattr(kind, "mirrors", mirrors)
        monkeypatch.setattr(kind, "resources", resources)
    name = datasets.CIFAR100.filename
    monkeypatch.setattr(datasets.CIFAR100, "url", server.url(name))
    monkeypatch.setattr(datasets.CIFAR100, "tgz_md5", md5(given[name]))
    place = (server.url("imagenette2-160.tgz"), md5(given["imagenette2-160.tgz"]))
    monkeypatch.setattr(datasets.Imagenette, "_ARCHIVES", {"160px": place})


@pytest.mark.parametrize("source", ["mnist", "fashion_mnist", "cifar100", "imagenette"])
def test_a_set_is_fetched_into_the_programs_folder_and_opens(files, source):
    assert find_set(source) is None
    steps = list(download_set(source))
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1].done > 0
    split = load_dataset(DataConfig(source=source))
    assert len(split.classes) == (2 if source == "imagenette" else PUBLISHED[source].classes)
    assert not list(home_of(source).glob("*.tgz"))


@pytest.mark.usefixtures("files")
def test_what_is_here_is_not_fetched_again(server):  # noqa: F811
    for source in ("mnist", "imagenette"):
        list(download_set(source))
        server.asked.clear()
        list(download_set(source))
        assert server.asked == []


@pytest.mark.usefixtures("files")
def test_a_cancelled_download_goes_on_where_it_was(server):  # noqa: F811
    steps = download_set("cifar100", cancelled=lambda: bool(kept_of("cifar100")))
    with pytest.raises(Cancelled):
        list(steps)
    kept = kept_of("cifar100")
    assert kept > 0
    list(download_set("cifar100"))
    assert server.asked[-1][1] == f"bytes={kept}-"
    assert kept_of("cifar100") == 0
    assert find_set("cifar100") is not None


def test_another_content_than_published_is_refused(files):
    files["cifar-100-python.tar.gz"] += b"more"
    with pytest.raises(DownloadError, match="not the expected file"):
        list(download_set("cifar100"))
    assert list(home_of("cifar100").iterdir()) == []


def test_a_damaged_archive_leaves_nothing_behind(files, monkeypatch, server):  # noqa: F811
    broken = files["imagenette2-160.tgz"][:-200]
    files["imagenette2-160.tgz"] = broken
    place = (server.url("imagenette2-160.tgz"), md5(broken))
    monkeypatch.setattr(datasets.Imagenette, "_ARCHIVES", {"160px": place})
    with pytest.raises(DataError, match="cannot be unpacked"):
        list(download_set("imagenette"))
    assert find_set("imagenette") is None
    assert [path.name for path in home_of("imagenette").iterdir()] == ["imagenette2-160.tgz"]


def test_imagenet_cannot_be_fetched_and_says_where_it_is():
    assert not downloadable("imagenet")
    with pytest.raises(DataError) as caught:
        list(download_set("imagenet"))
    assert "image-net.org" in caught.value.remedy
    with pytest.raises(DataError, match="no data set 'nothing'"):
        list(download_set("nothing"))


@pytest.mark.parametrize("source", ["cifar100", "mnist", "fashion_mnist", "imagenette"])
def test_no_server_is_asked_but_the_one_of_torchvision_that_a_person_is_told_of(source):
    told = host_of(source)
    for file in remote_files(source):
        assert {urlsplit(url).hostname for url in file.urls} == {told}
        assert len(file.md5) == 32


# Unpacking


def crafted(*members: tarfile.TarInfo) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return file.getvalue()


def member(name: str, *, size: int = 1, kind: bytes = tarfile.REGTYPE, link: str = ""):
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, link, 0o6777
    made.size = size if kind == tarfile.REGTYPE else 0
    return made


def unpacked(tmp_path, *members: tarfile.TarInfo):
    archive, target = tmp_path / "a.tgz", tmp_path / "own" / "a"
    archive.write_bytes(crafted(*members))
    list(unpack_tgz(archive, target))
    return target


@pytest.mark.parametrize(
    "name", ["../evil", "/evil", "a/../../evil", "C:/evil", "a\\..\\evil", "a//b"]
)
def test_a_name_that_leads_out_of_the_archive_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="leads out of it"):
        unpacked(tmp_path, member("a/fine"), member(name))
    assert [path.name for path in sorted(tmp_path.rglob("*"))] == ["a.tgz", "own"]


def test_links_devices_and_rights_are_left_out(tmp_path):
    target = unpacked(
        tmp_path,
        member("./a", kind=tarfile.DIRTYPE),
        member("a/link", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        member("a/twin", kind=tarfile.LNKTYPE, link="a/file"),
        member("a/pipe", kind=tarfile.FIFOTYPE),
        member("a/file"),
    )
    assert [path.name for path in target.iterdir()] == ["file"]
    assert not (target / "file").stat().st_mode & 0o6111


def test_an_archive_that_bursts_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MAX_BYTES", 10_000)
    with pytest.raises(DataError, match="far more than is expected"):
        unpacked(tmp_path, member("a/1", size=9_000), member("a/2", size=9_000))
    monkeypatch.setattr(unpacking, "MAX_FILES", 2)
    with pytest.raises(DataError, match="far more than is expected"):
        unpacked(tmp_path, member("a/1"), member("a/2"), member("a/3"))


def test_an_archive_of_two_folders_or_none_is_refused(tmp_path):
    for members in ((member("a/1"), member("b/1")), (member("loose"),), ()):
        with pytest.raises(DataError, match="instead of one folder"):
            unpacked(tmp_path, *members)


def test_unpacking_can_be_cancelled_and_leaves_nothing(tmp_path):
    (tmp_path / "a.tgz").write_bytes(crafted(member("a/1"), member("a/2")))
    with pytest.raises(Cancelled):
        list(unpack_tgz(tmp_path / "a.tgz", tmp_path / "own" / "a", cancelled=lambda: True))
    assert list((tmp_path / "own").iterdir()) == []


@pytest.mark.parametrize("source", ["imagenette", "cifar100"])
def test_a_header_that_announces_gigabytes_is_refused_before_they_are_read(tmp_path, source):
    header = tarfile.TarInfo("long")
    header.type, header.size = tarfile.XHDTYPE, 300 << 20
    name = {"imagenette": "imagenette.tgz", "cifar100": "cifar-100-python.tar.gz"}[source]
    archive = tmp_path / name
    with gzip.open(archive, "wb", compresslevel=1) as file:
        file.write(header.tobuf(tarfile.USTAR_FORMAT))
    with pytest.raises(DataError, match="a header in it is far too long"):
        load_dataset(DataConfig(source=source, path=str(archive)))


def test_what_a_killed_program_left_is_swept_and_another_programs_work_is_not(tmp_path):
    own = tmp_path / "own"
    left, working = own / ".a-00000000.unpacking", own / ".a-11111111.unpacking"
    for folder in (left, working):
        folder.mkdir(parents=True)
    os.utime(left, (0, 0))
    unpacked(tmp_path, member("a/1"))
    assert sorted(path.name for path in own.iterdir()) == [working.name, "a"]
