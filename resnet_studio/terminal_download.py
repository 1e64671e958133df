"""Weights and data sets on the command line: fetched if the person asks for it, and only then."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from resnet_studio import models
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.data.published import PUBLISHED, home_of
from resnet_studio.data.set_downloads import download_set, downloadable, host_of, kept_of
from resnet_studio.data.stored_sets import find_set
from resnet_studio.downloads import DownloadProgress, download, kept_bytes
from resnet_studio.errors import CheckpointError, DataError, DownloadError
from resnet_studio.files import sha256_of
from resnet_studio.models import PretrainedWeights
from resnet_studio.probe.network import WeightsChoice

BEST = "DEFAULT"
"""torchvision's own name for the best weights of a network."""

_MEGABYTE = 1_000_000
_YES = ("y", "yes")


def present(spec: NetworkSpec, choice: WeightsChoice, *, fetch: bool) -> WeightsChoice:
    """Returns the choice of published weights once their file is on this computer.

    Args:
        spec: The network.
        choice: Published weights by their name, in any case, or "DEFAULT" for the best.
        fetch: Whether the person asked for a download, should one be needed. On a terminal they
            are told what it is and asked once more.

    Raises:
        CheckpointError: If the file is not here and no download was asked for.
        DownloadError: If it cannot be fetched, or the person changed their mind.
    """
    offers = {offer.name: offer for offer in models.pretrained_weights(spec)}
    name = choice.name.upper()
    offer = next(iter(offers.values()), None) if name == BEST else offers.get(name)
    if offer is None:
        return choice  # the loader knows what to say of a name that there is not
    if fetch and not _is_right(offer):
        _fetch(offer)
    elif not offer.downloaded:
        raise _missing(offer)
    return replace(choice, name=offer.name, path=str(offer.path))


def _missing(offer: PretrainedWeights) -> CheckpointError:
    state = "only in part" if offer.path.exists() else "not"
    return CheckpointError(
        f"{_title(offer)} is {state} on this computer.",
        remedy=f"It is {_megabytes(offer)} MB from {offer.host}: add --download to «resnet-studio "
        "classify», or choose it in the window (Feature maps, Weights). Both ask first.",
    )


def _is_right(offer: PretrainedWeights) -> bool:
    return offer.downloaded and sha256_of(offer.path).startswith(offer.sha256_prefix)


def _fetch(offer: PretrainedWeights) -> None:
    console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
    console.print(_announced(offer), markup=False)
    if not _agreed(console):
        raise DownloadError("Nothing was downloaded.", remedy="Answer y to download the file.")
    stream = download(offer.url, offer.path, sha256_prefix=offer.sha256_prefix)
    try:
        _followed(stream, console, total=offer.size)
    except KeyboardInterrupt:
        console.print("What has arrived is kept; --download goes on from there.")
        raise


def _announced(offer: PretrainedWeights) -> str:
    kept = kept_bytes(offer.path)
    rest = f" ({kept / _MEGABYTE:,.0f} MB of it are here already)" if kept else ""
    side = offer.crop_size
    return (
        f"{_title(offer)}: {100 * offer.top1:.1f} % top-1 and {100 * offer.top5:.1f} % top-5 on "
        f"ImageNet's validation pictures, the shorter side resized to {offer.resize_size} and the "
        f"central {side} × {side} cut out; {len(offer.categories):,} classes.\n"
        f"A download of {_megabytes(offer)} MB{rest} from {offer.url}, kept as {offer.path}."
    )


def _agreed(console: Console) -> bool:
    """Asks where somebody can answer; elsewhere the flag itself is the answer."""
    return _asked(console) if _can_answer(console) else True


def _can_answer(console: Console) -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and console.is_terminal


def _asked(console: Console) -> bool:
    console.print("Download it? \\[y/N] ", end="")
    return sys.stdin.readline().strip().lower() in _YES


def _followed(stream: Iterator[DownloadProgress], console: Console, *, total: int) -> None:
    """Shows the progress of a download; `total` bytes where the server does not say."""
    columns = (TextColumn("downloading"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    silent = not console.is_terminal
    ended = closing(cast("Generator[DownloadProgress]", stream))
    with Progress(*columns, console=console, disable=silent) as bar, ended:
        task = bar.add_task("", total=total)
        for step in stream:
            bar.update(task, completed=step.done, total=step.total or total)


def _title(offer: PretrainedWeights) -> str:
    return f"{offer.name} of {offer.network}"


def _megabytes(offer: PretrainedWeights) -> int:
    return round(offer.size / _MEGABYTE)


# -- data sets ----------------------------------------------------------------------------------


def download_sets(names: Sequence[str], *, agreed: bool = False) -> int:
    """Fetches published data sets, each after it was asked for; without names lists them.

    Args:
        names: Which ones.
        agreed: Whether the person has agreed already, so that nothing is asked.

    Raises:
        DataError: If one is not known, or cannot be downloaded; nothing is fetched then.
        DownloadError: If one cannot be fetched, the person said no, or nobody can be asked.
    """
    if not names:
        for source in PUBLISHED:
            print(_line_of(source))
        return 0
    for name in names:
        if name not in PUBLISHED:
            raise DataError(
                f"There is no data set {name!r}.", remedy=f"There are {', '.join(PUBLISHED)}."
            )
    console = Console(file=sys.stderr, highlight=False, soft_wrap=True)
    for name in names:
        _bring(name, console, agreed=agreed)
    return 0


def _line_of(source: str) -> str:
    known, place = PUBLISHED[source], _place_of(source)
    size = f"{known.train + known.validation + known.test:,} pictures, {known.classes:,} classes"
    way = f"{_size(known.download_bytes)} to download" if downloadable(source) else "by hand only"
    return f"{source:14} {known.title:14} {size:34} {place or way}"


def _place_of(source: str) -> Path | str | None:
    return "built in" if source == "digits" else find_set(source)


def _bring(source: str, console: Console, *, agreed: bool) -> None:
    if place := _place_of(source):
        console.print(f"{PUBLISHED[source].title} is here: {place}.", markup=False)
        return
    stream = download_set(source)
    if downloadable(source):
        console.print(_told_of_set(source), markup=False)
        if not agreed:
            _ask_for_set(source, console)
    try:
        _followed(stream, console, total=PUBLISHED[source].download_bytes)
    except KeyboardInterrupt:
        console.print("What has arrived is kept; the same command goes on from there.")
        raise
    console.print(f"Train on it with --data {source}.", markup=False)


def _ask_for_set(source: str, console: Console) -> None:
    """Asks; to name a data set is not yet to agree to its size and its server.

    Raises:
        DownloadError: If the person says no, or nobody is there to answer.
    """
    if not _can_answer(console):
        raise DownloadError(
            "Nothing was downloaded: there is no terminal on which to ask.",
            remedy=f"Agree beforehand: «resnet-studio download {source} --yes».",
        )
    if not _asked(console):
        raise DownloadError("Nothing was downloaded.", remedy="Answer y to download it.")


def _told_of_set(source: str) -> str:
    known, kept = PUBLISHED[source], kept_of(source)
    rest = f" ({_size(kept)} of it are here already)" if kept else ""
    return (
        f"{known.title} ({known.citation}): {known.about} {known.train:,} pictures to train on, "
        f"{known.validation + known.test:,} to validate or test on, {known.classes:,} classes.\n"
        f"A download of {_size(known.download_bytes)}{rest} from {known.url}, kept in "
        f"{home_of(source)}. No server is asked but "
        f"{host_of(source)}, and one that it points to itself."
    )


def _size(count: int) -> str:
    return f"{round(count / _MEGABYTE):,} MB"
