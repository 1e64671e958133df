"""Downloads from a server on 127.0.0.1 that behaves well, badly or not at all."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from resnet_studio import downloads
from resnet_studio.data import cifar
from resnet_studio.downloads import DownloadProgress, download, kept_bytes
from resnet_studio.errors import Cancelled, DownloadError

CONTENT = np.random.default_rng(1).bytes(700_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Answers each path in a way of its own; the server remembers what it was asked."""

    server: Server

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range")))
        getattr(self, self.path.strip("/").replace("-", "_"), self.missing)()

    def log_message(self, *_):
        """Tests print nothing."""

    def start(self) -> int:
        asked = self.headers.get("Range")
        return int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0

    def answer(self, code: int, body: bytes = b"", **headers: str | int):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def file(self):
        start, size = self.start(), len(CONTENT)
        if start >= size:
            self.answer(416, Content_Range=f"bytes */{size}", Content_Length=0)
        elif start:
            place = f"bytes {start}-{size - 1}/{size}"
            self.answer(206, CONTENT[start:], Content_Range=place, Content_Length=size - start)
        else:
            self.answer(200, CONTENT, Content_Length=size)

    def no_range(self):
        self.answer(200, CONTENT, Content_Length=len(CONTENT))

    def no_length(self):
        self.answer(200, CONTENT)

    def cut(self):
        start, size = self.start(), len(CONTENT)
        place = f"bytes {start}-{size - 1}/{size}"
        end = start + (size - start) // 2
        code = 206 if start else 200
        headers = {"Content_Range": place} if start else {}
        self.answer(code, CONTENT[start:end], Content_Length=size - start, **headers)

    def other_range(self):
        if not self.start():
            return self.file()
        return self.answer(206, b"zz", Content_Range="bytes 7-8/9", Content_Length=2)

    def unasked_range(self):
        self.answer(206, b"zz", Content_Range="bytes 7-8/9", Content_Length=2)

    def longer(self):
        start = self.start()
        if not start:
            return self.file()
        place = f"bytes {start}-{start + 9}/{start + 5}"
        return self.answer(206, b"0123456789", Content_Range=place, Content_Length=10)

    def redirect(self):
        self.answer(302, Location="/file", Content_Length=0)

    def to_a_file(self):
        self.answer(302, Location="file:///etc/hostname", Content_Length=0)

    def to_ftp(self):
        self.answer(302, Location="ftp://127.0.0.1/x", Content_Length=0)

    def in_circles(self):
        self.answer(302, Location="/in-circles", Content_Length=0)

    def forbidden(self):
        self.answer(403, Content_Length=0)

    def broken(self):
        self.answer(500, Content_Length=0)

    def endless(self):
        self.answer(200, Content_Length=10**16)

    def nonsense(self):
        self.wfile.write(b"SSH-2.0-OpenSSH\r\n")

    def silent(self):
        self.server.wake.wait(30)

    def missing(self):
        self.answer(404, Content_Length=0)


class Server(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str | None]] = []
        self.wake = threading.Event()

    def handle_error(self, *_):
        """A client that hangs up is part of the tests."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.wake.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "new" / "file.bin"


def part_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def keep_part(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True)
    part_of(target).write_bytes(content)


def note_all(loading: Iterator[DownloadProgress], seen: list[int]) -> None:
    for step in loading:
        seen.append(step.done)  # at once: cancelling looks at the list meanwhile


def failure(url: str, target: Path, **options) -> DownloadError:
    with pytest.raises(DownloadError) as caught:
        list(download(url, target, **options))
    assert caught.value.remedy
    assert not target.exists()
    return caught.value


def test_a_file_arrives_whole_and_progress_grows(server, target):
    steps = list(download(server.url("file"), target, sha256_prefix=SHA256))
    assert target.read_bytes() == CONTENT
    assert steps[0] == DownloadProgress(0, len(CONTENT))
    assert steps[-1] == DownloadProgress(len(CONTENT), len(CONTENT))
    assert [step.done for step in steps] == sorted({step.done for step in steps})
    assert list(target.parent.iterdir()) == [target]


def test_the_beginning_of_the_hash_is_enough(server, target):
    list(download(server.url("file"), target, sha256_prefix=SHA256[:8].upper()))
    assert target.read_bytes() == CONTENT


def test_a_file_of_unknown_length_arrives(server, target):
    steps = list(download(server.url("no-length"), target))
    assert target.read_bytes() == CONTENT
    assert steps[-1] == DownloadProgress(len(CONTENT), None)


def test_a_file_that_is_there_is_not_fetched_again(server, target):
    list(download(server.url("file"), target, sha256_prefix=SHA256))
    server.asked.clear()
    steps = list(download(server.url("file"), target, sha256_prefix=SHA256))
    assert steps == [DownloadProgress(len(CONTENT), len(CONTENT))]
    assert server.asked == []


def test_a_file_of_other_content_is_replaced(server, target):
    target.parent.mkdir()
    target.write_bytes(b"old")
    list(download(server.url("file"), target, sha256_prefix=SHA256))
    assert target.read_bytes() == CONTENT


def test_a_redirect_is_followed(server, target):
    list(download(server.url("redirect"), target, sha256_prefix=SHA256))
    assert target.read_bytes() == CONTENT


# Continuing


def test_a_part_is_continued_where_it_ends(server, target):
    keep_part(target, CONTENT[:300_000])
    steps = list(download(server.url("file"), target, sha256_prefix=SHA256))
    assert server.asked == [("/file", "bytes=300000-")]
    assert steps[0] == DownloadProgress(300_000, len(CONTENT))
    assert target.read_bytes() == CONTENT
    assert not part_of(target).exists()


def test_without_a_hash_a_part_is_not_trusted(server, target):
    keep_part(target, b"from another file")
    list(download(server.url("file"), target))
    assert server.asked == [("/file", None)]
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["no-range", "other-range"])
def test_a_server_that_cannot_continue_sends_it_all_again(server, target, path):
    keep_part(target, CONTENT[:300_000])
    list(download(server.url(path), target, sha256_prefix=SHA256))
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("length", [300_000, len(CONTENT)])
def test_a_file_that_has_changed_since_its_part_was_kept_is_fetched_from_the_start(
    server, target, length
):
    keep_part(target, b"x" * length)
    steps = list(download(server.url("file"), target, sha256_prefix=SHA256))
    assert [asked for _, asked in server.asked] == [f"bytes={length}-", None]
    assert target.read_bytes() == CONTENT
    assert steps[0].done == length
    assert DownloadProgress(0, len(CONTENT)) in steps


def test_a_part_that_is_whole_already_is_only_checked(server, target):
    keep_part(target, CONTENT)
    steps = list(download(server.url("file"), target, sha256_prefix=SHA256))
    assert target.read_bytes() == CONTENT
    assert steps == [DownloadProgress(len(CONTENT), len(CONTENT))]


def test_a_part_that_is_too_long_is_thrown_away(server, target):
    keep_part(target, CONTENT + b"more")
    list(download(server.url("file"), target, sha256_prefix=SHA256))
    assert [asked for _, asked in server.asked] == [f"bytes={len(CONTENT) + 4}-", None]
    assert target.read_bytes() == CONTENT


def test_a_cut_connection_keeps_the_part_and_the_next_call_ends_it(server, target):
    error = failure(server.url("cut"), target, sha256_prefix=SHA256)
    assert "was cut after 0.3 of 0.7 MB" in error.message
    assert "what has arrived is kept" in error.remedy
    assert part_of(target).read_bytes() == CONTENT[:350_000]
    assert kept_bytes(target) == 350_000
    list(download(server.url("file"), target, sha256_prefix=SHA256))
    assert server.asked[-1] == ("/file", "bytes=350000-")
    assert target.read_bytes() == CONTENT
    assert kept_bytes(target) == 0


def test_a_connection_cut_again_and_again_still_makes_way(server, target):
    for _ in range(3):
        failure(server.url("cut"), target, sha256_prefix=SHA256)
    assert part_of(target).stat().st_size == 612_500


# Cancelling


def test_cancelling_keeps_the_part(server, target):
    seen: list[int] = []

    def enough() -> bool:
        return len(seen) >= 2

    loading = download(server.url("file"), target, sha256_prefix=SHA256, cancelled=enough)
    with pytest.raises(Cancelled):
        note_all(loading, seen)
    assert not target.exists()
    assert part_of(target).read_bytes() == CONTENT[: seen[-1]]
    list(download(server.url("file"), target, sha256_prefix=SHA256))
    assert server.asked[-1][1] == f"bytes={seen[-1]}-"
    assert target.read_bytes() == CONTENT


def test_cancelling_before_the_start_asks_nobody(server, target):
    with pytest.raises(Cancelled):
        list(download(server.url("file"), target, cancelled=lambda: True))
    assert server.asked == []


def test_closing_the_generator_keeps_the_part(server, target):
    loading = download(server.url("file"), target, sha256_prefix=SHA256)
    next(loading)
    done = next(loading).done
    loading.close()
    assert part_of(target).read_bytes() == CONTENT[:done]
    assert not target.exists()


# What goes wrong


def test_other_content_is_removed(server, target):
    error = failure(server.url("file"), target, sha256_prefix="0" * 64)
    assert "not the expected file" in error.message
    assert list(target.parent.iterdir()) == []


def test_other_content_is_removed_after_a_second_try_from_the_start(server, target):
    keep_part(target, b"x" * 300_000)
    failure(server.url("file"), target, sha256_prefix="0" * 64)
    assert [asked for _, asked in server.asked] == ["bytes=300000-", None]
    assert not part_of(target).exists()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gone", "no longer has the file (error 404)"),
        ("forbidden", "does not give out the file (error 403)"),
        ("broken", "has a problem of its own (error 500)"),
        ("to-a-file", "points elsewhere in a way not followed"),
        ("to-ftp", "'ftp://127.0.0.1/x' is not an address to download from"),
        ("in-circles", "points elsewhere in a way not followed"),
        ("nonsense", "failed or was cut"),
        ("endless", "The disk has"),
        ("unasked-range", "a part that was not asked for"),
    ],
)
def test_a_server_that_does_not_deliver_is_explained(server, target, path, message):
    assert message in failure(server.url(path), target).message


def test_more_than_was_announced_is_refused(server, target):
    keep_part(target, CONTENT[:1000])
    error = failure(server.url("longer"), target, sha256_prefix=SHA256)
    assert "more than it announced" in error.message


def test_an_endless_answer_of_unknown_length_is_stopped(server, target, monkeypatch):
    monkeypatch.setattr(downloads, "_MAX_BYTES", 400_000)
    assert "more than it announced" in failure(server.url("no-length"), target).message


def test_a_silent_server_is_given_up(server, target):
    error = failure(server.url("silent"), target, timeout=0.1)
    assert error.message == "127.0.0.1 does not answer."


def test_no_server_is_explained(target):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}/file", target)
    assert error.message == "The connection to 127.0.0.1 failed or was cut."


def raising(error: Exception) -> Callable[..., None]:
    def instead(*_args, **_options):
        raise error

    return instead


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (socket.gaierror(-2, "Name or service not known"), "this computer seems to be offline"),
        (OSError(101, "Network is unreachable"), "this computer seems to be offline"),
        (OSError(113, "No route to host"), "this computer seems to be offline"),
    ],
)
def test_no_network_is_explained(target, monkeypatch, error, message):
    # The machine that runs the tests cannot be unplugged, so the look-up fails in its place.
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(socket, "getaddrinfo", raising(error))
    found = failure("https://example.org/weights.pth", target)
    assert message in found.message
    assert found.message.startswith("example.org")
    assert "offline" in found.remedy


def test_a_server_without_tls_is_explained(server, target):
    url = server.url("file").replace("http://", "https://")
    assert "could not prove who it is" in failure(url, target, timeout=2).message


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/a",
        "data:text/plain,abc",
        "example.org/a",
        "http://",
        "http://[::1/a",
        "http://example.org:port/a",
        "",
    ],
)
def test_other_addresses_are_refused(target, url):
    assert "not an address to download from" in failure(url, target).message
    assert not target.parent.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_explained(server, target):
    target.parent.mkdir()
    part_of(target).symlink_to("/dev/full")
    assert failure(server.url("file"), target).message == "The disk is full."


def test_a_folder_that_cannot_be_made_is_explained(server, tmp_path):
    (tmp_path / "taken").write_bytes(b"")
    error = failure(server.url("file"), tmp_path / "taken" / "file.bin")
    assert "could not be written" in error.message


def test_cifar10_is_downloaded_to_the_applications_folder(server, monkeypatch, home):
    monkeypatch.setattr(cifar, "URL", server.url("file"))
    monkeypatch.setattr(cifar, "_ARCHIVE_SHA256", SHA256)
    assert cifar.find_cifar10() is None
    list(cifar.download_cifar10())
    found = cifar.find_cifar10()
    assert found == home / "data" / "cifar10" / "cifar-10-binary.tar.gz"
    assert found.read_bytes() == CONTENT


def test_downloads_need_no_other_package():
    code = (
        "import sys; import resnet_studio.downloads;"
        "print(sorted({'torch', 'numpy', 'PySide6', 'PIL', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
