"""Fetching published data sets, after the person agreed: what, from where, checked by which sum.

Addresses and checksums are those of torchvision's own classes, asked when they are needed; its code
for downloading is not used, since it can be neither followed nor cancelled. Callers ask the person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from resnet_studio.data.cifar import download_cifar10
from resnet_studio.data.published import PUBLISHED, home_of
from resnet_studio.data.stored_sets import find_set, missing
from resnet_studio.data.unpacking import unpack_tgz
from resnet_studio.downloads import DownloadProgress, download, kept_bytes
from resnet_studio.errors import DataError, DownloadError


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a data set.

    Attributes:
        urls: Where it can be had; the later ones are tried if the earlier fail.
        name: Its name here.
        md5: Its checksum.
        unpacked: Name of the folder that it is unpacked to; empty if it is read as it is.
    """

    urls: tuple[str, ...]
    name: str
    md5: str
    unpacked: str = ""


def downloadable(source: str) -> bool:
    """Tells whether a data set can be fetched at all."""
    return source in PUBLISHED and bool(PUBLISHED[source].url)


def host_of(source: str) -> str:
    """Returns the only server that a data set is fetched from, to be told before consent."""
    return urlsplit(PUBLISHED[source].url).hostname or ""


def kept_of(source: str, folder: Path | None = None) -> int:
    """Returns how many bytes an interrupted download has left to go on from."""
    base = home_of(source) if folder is None else folder
    return sum(kept_bytes(part.with_suffix("")) for part in base.glob("*.part"))


def download_set(
    source: str, folder: Path | None = None, *, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[DownloadProgress]:
    """Fetches a data set, goes on where it was interrupted, and unpacks what must be unpacked.

    Args:
        source: A key of `PUBLISHED`.
        folder: Where to; the program's own folder for it if None. Only that is ever written to.
        cancelled: Asked between pieces; what has arrived is kept.

    Yields:
        Progress over all files together.

    Raises:
        DataError: If it cannot be downloaded, or its archive not be unpacked.
        DownloadError: If a download fails.
        Cancelled: If `cancelled` said so.
    """
    base = home_of(source) if folder is None else folder
    if not downloadable(source):
        raise missing(source) if source in PUBLISHED else _unknown(source)
    if source == "cifar10":
        yield from download_cifar10(base, cancelled=cancelled)
        return
    done, total = 0, PUBLISHED[source].download_bytes
    for file in remote_files(source):
        if file.unpacked and find_set(source, base / file.unpacked) is not None:
            yield DownloadProgress(total, total)
            continue
        size = 0
        for progress in _from_any(file, base / file.name, cancelled):
            size = progress.done
            yield DownloadProgress(done + size, max(total, done + (progress.total or size)))
        done += size
        if file.unpacked:
            for _ in unpack_tgz(base / file.name, base / file.unpacked, cancelled=cancelled):
                yield DownloadProgress(done, done)
            (base / file.name).unlink()


def remote_files(source: str) -> tuple[RemoteFile, ...]:
    """Returns the files of a data set by torchvision's own tables.

    Args:
        source: One that `downloadable` is true of; not "cifar10", which has a file of its own.
    """
    from torchvision import datasets  # not at the top: it takes a second

    if source == "cifar100":
        hundred = datasets.CIFAR100
        return (RemoteFile((hundred.url,), hundred.filename, hundred.tgz_md5),)
    if source == "imagenette":
        url, md5 = datasets.Imagenette._ARCHIVES["160px"]
        name = url.rsplit("/", 1)[-1]
        return (RemoteFile((url,), name, md5, unpacked=name.removesuffix(".tgz")),)
    kind = datasets.MNIST if source == "mnist" else datasets.FashionMNIST
    mirrors = _of_one_server(kind.mirrors)
    return tuple(
        RemoteFile(tuple(urljoin(mirror, name) for mirror in mirrors), name, md5)
        for name, md5 in kind.resources
    )


def _of_one_server(mirrors: Sequence[str]) -> list[str]:
    """Returns the mirrors on the first one's server: the person agreed to no other."""
    host = urlsplit(mirrors[0]).hostname
    return [mirror for mirror in mirrors if urlsplit(mirror).hostname == host]


def _from_any(
    file: RemoteFile, target: Path, cancelled: Callable[[], bool]
) -> Iterator[DownloadProgress]:
    """Fetches a file from the first server that gives it."""
    for place, url in enumerate(file.urls):
        try:
            yield from download(url, target, md5=file.md5, cancelled=cancelled)
        except DownloadError:
            if place == len(file.urls) - 1:
                raise
        else:
            return


def _unknown(source: str) -> DataError:
    names = ", ".join(name for name in PUBLISHED if downloadable(name))
    return DataError(f"There is no data set {source!r} to download.", remedy=f"There are {names}.")
