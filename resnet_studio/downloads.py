"""Downloads that can be cancelled, continued and trusted.

Nothing is fetched unless a person asked for it: the callers ask. What arrives is kept in a `.part`
file beside the target, which a later call continues; only when its checksum is right does it take
the name of the target. That is SHA-256; for data sets of which only an MD5 is published it is that,
which shows damage but not malice: what reads them trusts nothing.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import http.client
import os
import re
import shutil
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from resnet_studio.errors import Cancelled, DownloadError

_CHUNK_BYTES = 1 << 18
_TIMEOUT_SECONDS = 15.0
_MAX_BYTES = 8 << 30
_AGENT = "resnet-studio"
_KEPT = "Try again: what has arrived is kept."
_LATER = "Try again later."


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far a download has come.

    Attributes:
        done: Bytes on disk, counting those of earlier attempts.
        total: Bytes in all; None if the server does not say.
    """

    done: int
    total: int | None


def kept_bytes(target: Path) -> int:
    """Returns how many bytes an interrupted download of `target` has left to go on from."""
    try:
        return _part_of(target).stat().st_size
    except OSError:
        return 0


def download(
    url: str,
    target: Path,
    *,
    sha256_prefix: str = "",
    md5: str = "",
    timeout: float = _TIMEOUT_SECONDS,
    cancelled: Callable[[], bool] = lambda: False,
) -> Generator[DownloadProgress, None, None]:
    """Downloads `url` to `target`, continuing an earlier attempt where that is safe.

    An attempt is continued only if a checksum is given: without it nobody could tell whether the
    server still has the same file. Where the whole then is not the expected file, because it has
    changed at the server or what was kept was spoilt, it is fetched once more from the start. A
    target that is there already and has the right checksum is not fetched again; one of another
    content, such as an interrupted download of another program, is replaced.

    Args:
        url: An http or https address.
        target: The file to make; its folder is created.
        sha256_prefix: The expected SHA-256 in hexadecimal, or its beginning as torch's file names
            have it; empty to accept any content.
        md5: The expected MD5 in hexadecimal, where its authors publish nothing better.
        timeout: Seconds without a byte after which the server counts as silent.
        cancelled: Asked between pieces; once it says yes, the `.part` file is kept.

    Yields:
        Progress, after each piece.

    Raises:
        DownloadError: If there is no network, the server refuses, the disk is full or the content
            is not what was promised; in plain words.
        Cancelled: If `cancelled` said so.
    """
    host = _checked_host(url)
    expected = _Expected.of(sha256_prefix, md5)
    with _plain_words(host):
        if expected.digest and target.is_file() and expected.is_met_by(expected.of_file(target)):
            size = target.stat().st_size
            yield DownloadProgress(size, size)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _part_of(target)
        fetch = functools.partial(
            _fetch, url, part, expected=expected, timeout=timeout, cancelled=cancelled
        )
        if not (yield from _fetched(fetch, part, expected)):
            part.unlink(missing_ok=True)
            raise DownloadError(
                f"What {host} sent is not the expected file {target.name}; it was removed.",
                remedy="Try again; if it happens again, the file was changed or the network "
                "answers in the server's place.",
            )
        part.replace(target)


@dataclass(frozen=True, slots=True)
class _Expected:
    """The checksum that the file must have; an empty one is met by any file."""

    algorithm: str
    digest: str

    @classmethod
    def of(cls, sha256_prefix: str, md5: str) -> _Expected:
        """Returns the better of the two."""
        if sha256_prefix or not md5:
            return cls("sha256", sha256_prefix.lower())
        return cls("md5", md5.lower())

    def begin(self) -> hashlib._Hash:
        """Returns a running digest of nothing yet."""
        return hashlib.new(self.algorithm, usedforsecurity=False)

    def of_file(self, path: Path) -> str:
        """Returns the digest of a file in hexadecimal."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.begin).hexdigest()

    def is_met_by(self, digest: str) -> bool:
        """Tells whether a digest in hexadecimal is the expected one."""
        return digest.startswith(self.digest)


def _part_of(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _fetched(
    fetch: Callable[[], Generator[DownloadProgress, None, str]], part: Path, expected: _Expected
) -> Generator[DownloadProgress, None, bool]:
    """Fetches `part`, twice if need be; returns whether it is the expected file in the end."""
    continued = bool(expected.digest) and part.exists()
    if expected.is_met_by((yield from fetch())):
        return True
    if not continued:
        return False
    part.unlink()
    return expected.is_met_by((yield from fetch()))


def _fetch(
    url: str, part: Path, *, expected: _Expected, timeout: float, cancelled: Callable[[], bool]
) -> Generator[DownloadProgress, None, str]:
    """Brings `part` to its full length and returns the checksum of it all."""
    resume = bool(expected.digest)
    kept = part.stat().st_size if resume and part.exists() else 0
    _stop_if(cancelled)
    answer = _ask(url, kept, timeout)
    done = answer.start
    digest = _digest_of_first(part, done, expected)
    with answer, part.open("ab" if done else "wb") as file:
        _check_room(part.parent, answer.total, done)
        yield DownloadProgress(done, answer.total)
        while piece := answer.read():
            _stop_if(cancelled)
            file.write(piece)
            digest.update(piece)
            done += len(piece)
            if done > (answer.total or _MAX_BYTES):
                raise DownloadError("The server sends more than it announced.", remedy=_LATER)
            yield DownloadProgress(done, answer.total)
        file.flush()
        os.fsync(file.fileno())
    if answer.total is not None and done < answer.total:
        raise DownloadError(
            f"The connection was cut after {done / 1e6:.1f} of {answer.total / 1e6:.1f} MB.",
            remedy=_KEPT if resume else _LATER,
        )
    return digest.hexdigest()


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled


def _digest_of_first(part: Path, count: int, expected: _Expected) -> hashlib._Hash:
    """Returns the running checksum of what an earlier attempt left."""
    digest = expected.begin()
    if count:
        with part.open("rb") as file:
            while piece := file.read(_CHUNK_BYTES):
                digest.update(piece)
    return digest


def _check_room(folder: Path, total: int | None, done: int) -> None:
    free = shutil.disk_usage(folder).free
    if total is not None and total - done > free:
        raise DownloadError(
            f"The disk has {free / 1e6:,.0f} MB free; {(total - done) / 1e6:,.0f} MB are needed.",
            remedy=f"Make room on the disk of {folder} and try again.",
        )


class _Answer:
    """A server's answer: where in the file it begins, how long the file is, and its bytes."""

    def __init__(self, response: http.client.HTTPResponse | None, start: int) -> None:
        self._response = response
        self.start = start
        self.total = start if response is None else _total(response, start)

    def __enter__(self) -> _Answer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._response is not None:
            self._response.close()

    def read(self) -> bytes:
        """Returns the next piece as soon as there is one; empty at the end."""
        return b"" if self._response is None else self._response.read1(_CHUNK_BYTES)


def _ask(url: str, start: int, timeout: float) -> _Answer:
    """Asks for the file from byte `start` on, and for all of it where that is not to be had."""
    try:
        response = _request(url, start, timeout)
    except urllib.error.HTTPError as error:
        with error:
            if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not start:
                raise
            if error.headers.get("Content-Range", "").strip() == f"bytes */{start}":
                return _Answer(None, start)  # nothing is missing
        return _ask(url, 0, timeout)
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return _Answer(response, 0)
    if _range(response)[0] == start:
        return _Answer(response, start)
    response.close()
    if start == 0:
        raise DownloadError("The server sends a part that was not asked for.", remedy=_LATER)
    return _ask(url, 0, timeout)


def _request(url: str, start: int, timeout: float) -> http.client.HTTPResponse:
    headers = {"User-Agent": _AGENT, "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(url, headers=headers)
    response: http.client.HTTPResponse = _opener().open(request, timeout=timeout)
    return response


def _total(response: http.client.HTTPResponse, start: int) -> int | None:
    if start:
        return _range(response)[1]
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _range(response: http.client.HTTPResponse) -> tuple[int | None, int | None]:
    """Returns first byte and length of the whole file of "Content-Range: bytes 5-9/10"."""
    found = re.fullmatch(
        r"bytes (\d{1,15})-\d{1,15}/(\d{1,15}|\*)",
        response.headers.get("Content-Range", "").strip(),
    )
    if found is None:
        return None, None
    return int(found[1]), None if found[2] == "*" else int(found[2])


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server's pointer elsewhere, but not to files, FTP or an open line."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Refuses what `_checked_host` refuses, and the step from https down to http."""
        _checked_host(newurl)
        if req.type == "https" and urlsplit(newurl).scheme.lower() != "https":
            raise DownloadError(f"{req.host} points to an unprotected address.", remedy=_LATER)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Returns an opener for http and https alone; Python's own also opens files and FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _checked_host(url: str) -> str:
    """Returns the server's name.

    Raises:
        DownloadError: If the address is not http or https, or names no server.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # raises for a port that is no number
    except ValueError:
        host = ""
    if not host or parts.scheme.lower() not in ("http", "https"):
        raise DownloadError(
            f"{url[:100]!r} is not an address to download from.",
            remedy="Only http and https addresses are opened.",
        )
    return host


@contextlib.contextmanager
def _plain_words(host: str) -> Iterator[None]:
    """Turns what the network, the server and the disk do into one error a person understands."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        raise _server_said(host, error.code) from error
    except urllib.error.URLError as error:
        cause = error.reason if isinstance(error.reason, OSError) else error
        raise _explained(host, cause) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _explained(host, error) from error


def _server_said(host: str, code: int) -> DownloadError:
    if code in (404, 410):
        return DownloadError(f"{host} no longer has the file (error {code}).", remedy=_LATER)
    if code in (401, 403, 407, 451):
        return DownloadError(f"{host} does not give out the file (error {code}).", remedy=_LATER)
    if 300 <= code < 400:
        return DownloadError(f"{host} points elsewhere in a way not followed.", remedy=_LATER)
    return DownloadError(f"{host} has a problem of its own (error {code}).", remedy=_LATER)


def _explained(host: str, error: Exception) -> DownloadError:
    if isinstance(error, socket.gaierror):
        return DownloadError(
            f"{host} was not found; this computer seems to be offline.",
            remedy="Connect to the internet and try again. Everything else works offline.",
        )
    if isinstance(error, TimeoutError):
        return DownloadError(f"{host} does not answer.", remedy=_KEPT)
    if isinstance(error, ssl.SSLError):
        return DownloadError(
            f"{host} could not prove who it is ({error.reason or 'TLS failed'}).",
            remedy="Check the date of this computer and whether the network intercepts traffic.",
        )
    if isinstance(error, ConnectionError | http.client.HTTPException):
        return DownloadError(f"The connection to {host} failed or was cut.", remedy=_KEPT)
    number = getattr(error, "errno", None)
    if number in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN):
        return DownloadError(
            f"{host} cannot be reached; this computer seems to be offline.",
            remedy="Connect to the internet and try again. Everything else works offline.",
        )
    if number in (errno.ENOSPC, errno.EDQUOT):
        return DownloadError("The disk is full.", remedy=f"Make room. {_KEPT}")
    where = getattr(error, "filename", None)
    return DownloadError(
        f"The download could not be written{f' to {where}' if where else ''} ({error}).",
        remedy="Check that the folder exists and may be written to.",
    )
