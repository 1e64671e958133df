"""`classify --download`: torchvision's weights from a server of our own, and only when asked."""

from __future__ import annotations

import dataclasses
import io
import json
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_studio import models, terminal_download
from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.spec import parse_spec
from resnet_studio.cli import EXIT_FAILED, EXIT_INTERRUPTED, main
from resnet_studio.data.published import PUBLISHED
from resnet_studio.downloads import kept_bytes
from resnet_studio.files import sha256_of
from resnet_studio.terminal_config import Asked, configured, named_data
from tests import test_downloads
from tests.data.known_sets import imagenette_members, write_folder, write_mnist
from tests.data.test_set_downloads import files
from tests.test_downloads import Handler, Server, server

__all__ = ["files", "server"]


class Weights(Handler):
    """Answers every path with the file, or with the rest of it."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range")))
        self.file()


@pytest.fixture
def spec_file(tmp_path) -> Path:
    values = {"name": "tiny", "block": "basic", "stem": "cifar", "depths": (1, 1), "classes": 5}
    spec = parse_spec(values | {"stem_width": 4, "widths": (4, 8), "input_size": 32})
    spec.save(tmp_path / "tiny.json")
    torch.save(models.build_network(spec, seed=6).state_dict(), tmp_path / "served.pth")
    return tmp_path / "tiny.json"


@pytest.fixture
def offer(spec_file, tmp_path, monkeypatch, server: Server):
    """What torchvision would offer for the tiny network; its address leads to this computer."""
    content = spec_file.with_name("served.pth")
    prefix = sha256_of(content)[:8]
    monkeypatch.setattr(test_downloads, "CONTENT", content.read_bytes())
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    server.RequestHandlerClass = Weights
    made = dataclasses.replace(
        models.pretrained_weights(get("resnet18").spec)[0],
        network="tiny",
        name="TINY_V1",
        url=server.url(f"tiny-{prefix}.pth"),
        sha256_prefix=prefix,
        size=content.stat().st_size,
        categories=tuple("klmno"),
        resize_size=40,
        crop_size=32,
    )
    monkeypatch.setattr(models, "pretrained_weights", lambda _spec: (made,))
    made.path.parent.mkdir(parents=True)
    return made


@pytest.fixture
def words(spec_file, tmp_path) -> list[str]:
    pixels = np.random.default_rng(2).integers(0, 256, (40, 56, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noise.png")
    return ["classify", str(tmp_path / "noise.png"), "--network", str(spec_file), "--json"]


def refusal(capsys, *words: str) -> str:
    assert main(list(words)) == EXIT_FAILED
    return capsys.readouterr().err


def test_nothing_is_downloaded_unless_it_is_asked_for(offer, words, server, capsys):
    error = refusal(capsys, *words, "--weights", "TINY_V1")
    assert "TINY_V1 of tiny is not on this computer" in error
    assert "--download" in error
    assert "window" in error
    assert error.count("\n") == 1
    assert server.asked == []
    assert list(offer.path.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["TINY_V1", "tiny_v1", "DEFAULT"])
def test_what_is_asked_for_is_fetched_checked_and_used(offer, words, server, capsys, name):
    assert main([*words, "--weights", name, "--download"]) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert told["trained"]
    assert told["weights"] == "torchvision's weights TINY_V1"
    assert {entry["class"] for entry in told["images"][0]["top"]} == set("klmno")
    assert list(offer.path.parent.iterdir()) == [offer.path]
    for part in ("69.8 % top-1", "89.1 % top-5", "resized to 40", "5 classes", offer.url):
        assert part in captured.err


def test_what_is_here_is_used_without_asking_anybody(offer, words, server, spec_file, capsys):
    offer.path.write_bytes(spec_file.with_name("served.pth").read_bytes())
    assert main([*words, "--weights", "TINY_V1"]) == 0
    assert main([*words, "--weights", "TINY_V1", "--download"]) == 0
    assert capsys.readouterr().err == ""
    assert server.asked == []


def test_a_broken_download_is_gone_on_with(offer, words, server, capsys):
    content = test_downloads.CONTENT
    offer.path.with_name(f"{offer.file_name}.part").write_bytes(content[:1000])
    assert main([*words, "--weights", "TINY_V1", "--download"]) == 0
    assert [asked for _, asked in server.asked] == ["bytes=1000-"]
    assert offer.path.read_bytes() == content
    assert "here already" in capsys.readouterr().err


def test_half_a_file_of_another_program_is_replaced_if_a_download_is_asked_for(
    offer, words, server, capsys
):
    content = test_downloads.CONTENT
    offer.path.write_bytes(content[: len(content) // 2])
    assert "only in part on this computer" in refusal(capsys, *words, "--weights", "TINY_V1")
    assert main([*words, "--weights", "TINY_V1", "--download"]) == 0
    assert offer.path.read_bytes() == content


def test_a_file_of_another_content_is_replaced_if_a_download_is_asked_for(
    offer, words, server, capsys
):
    offer.path.write_bytes(bytes(offer.size))
    assert "SHA-256" in refusal(capsys, *words, "--weights", "TINY_V1")
    assert main([*words, "--weights", "TINY_V1", "--download"]) == 0
    assert offer.path.read_bytes() == test_downloads.CONTENT


def test_a_file_that_is_not_the_published_one_is_not_kept(
    offer, words, server, capsys, monkeypatch
):
    monkeypatch.setattr(test_downloads, "CONTENT", bytes(offer.size))
    error = refusal(capsys, *words, "--weights", "TINY_V1", "--download")
    assert "not the expected file" in error
    assert list(offer.path.parent.iterdir()) == []


@pytest.mark.parametrize("named", [[], ["--weights", "mine.pth"]])
def test_a_download_needs_the_name_of_published_weights(offer, words, server, capsys, named):
    assert "--weights IMAGENET1K_V1" in refusal(capsys, *words, *named, "--download")
    assert server.asked == []


def test_a_name_that_there_is_not_is_told_which_there_are(offer, words, server, capsys):
    error = refusal(capsys, *words, "--weights", "TINY_V9", "--download")
    assert "TINY_V9" in error
    assert "Choose one of TINY_V1" in error
    assert server.asked == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("answer", "fetched"),
    [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)],
)
def test_on_a_terminal_it_asks_once_more(offer, words, monkeypatch, answer, fetched):
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", Terminal())
    code = main([*words, "--weights", "TINY_V1", "--download"])
    told = sys.stderr.getvalue()
    assert "Download it? [y/N]" in told
    assert code == (0 if fetched else EXIT_FAILED)
    assert ("Nothing was downloaded" in told) is not fetched
    assert offer.path.exists() is fetched


def test_an_interruption_keeps_what_has_arrived(offer, words, capsys, monkeypatch):
    real = terminal_download.download

    def interrupted(*arguments, **options):
        stream = real(*arguments, **options)
        yield next(stream)
        yield next(stream)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(terminal_download, "download", interrupted)
    assert main([*words, "--weights", "TINY_V1", "--download"]) == EXIT_INTERRUPTED
    assert "is kept" in capsys.readouterr().err
    assert not offer.path.exists()
    assert kept_bytes(offer.path) > 0


# --- data sets ------------------------------------------------------------------------------------


def test_data_sets_are_listed_with_what_they_take_and_whether_they_are_here(capsys, tmp_path, home):
    write_mnist(home / "data" / "mnist")
    assert main(["download"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert list(lines) == list(PUBLISHED)
    assert lines["digits"].endswith("built in")
    assert lines["mnist"].endswith(str(home / "data" / "mnist"))
    assert "60,000 pictures, 100 classes" in lines["cifar100"]
    assert lines["cifar100"].endswith("169 MB to download")
    assert lines["imagenet"].endswith("by hand only")


@pytest.mark.usefixtures("files")
def test_a_data_set_is_told_of_fetched_once_and_trained_on_by_its_name(capsys, server, home):
    assert main(["download", "fashion_mnist", "--yes"]) == 0
    told = capsys.readouterr().err
    for part in ("Xiao, Rasul and Vollgraf 2017", "31 MB", str(home / "data" / "fashion_mnist")):
        assert part in told
    assert "--data fashion_mnist" in told
    server.asked.clear()
    assert main(["download", "fashion_mnist"]) == 0
    assert server.asked == []
    assert "is here" in capsys.readouterr().err
    config = configured(Asked(data="fashion_mnist"))
    assert (config.data.source, config.network.classes) == ("fashion_mnist", 10)


@pytest.mark.usefixtures("files", "home")
def test_without_a_terminal_a_data_set_is_not_fetched_unless_that_was_agreed_to(capsys, server):
    error = refusal(capsys, "download", "mnist")
    assert "no terminal on which to ask" in error
    assert "download mnist --yes" in error
    assert server.asked == []


@pytest.mark.usefixtures("files", "home")
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", EXIT_FAILED), ("", EXIT_FAILED)])
def test_on_a_terminal_a_data_set_is_asked_for(monkeypatch, server, answer, code):
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert main(["download", "mnist"]) == code
    told = sys.stderr.getvalue()
    assert "No server is asked but ossci-datasets.s3.amazonaws.com," in told
    assert "Download it? [y/N]" in told
    assert bool(server.asked) is (code == 0)


def test_what_cannot_be_fetched_is_refused_in_words(capsys):
    assert "image-net.org" in refusal(capsys, "download", "imagenet")
    error = refusal(capsys, "download", "mnist", "svhn")
    assert "no data set 'svhn'" in error
    assert "cifar100" in error


def test_a_data_set_is_known_by_its_name_its_place_or_its_files(tmp_path):
    write_mnist(tmp_path / "FashionMNIST" / "raw")
    write_folder(tmp_path / "elsewhere", imagenette_members("any"))
    write_folder(tmp_path, imagenette_members())
    for name, source, path in (
        (str(tmp_path / "FashionMNIST"), "fashion_mnist", tmp_path / "FashionMNIST"),
        (f"imagenet:{tmp_path}/elsewhere/any", "imagenet", tmp_path / "elsewhere" / "any"),
        (str(tmp_path / "imagenette2-160"), "imagenette", tmp_path / "imagenette2-160"),
        (str(tmp_path / "elsewhere" / "any"), "folder", tmp_path / "elsewhere" / "any"),
    ):
        assert named_data(name) == {"source": source, "path": str(path)}
    assert named_data("mnist") == {"source": "mnist"}
    config = configured(Asked(data=f"imagenet:{tmp_path}/elsewhere/any", spec="cifar_resnet20"))
    assert config.network.classes == 2
