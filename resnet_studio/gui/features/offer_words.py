"""What a person reads of torchvision's weights before they take them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.downloads import kept_bytes

if TYPE_CHECKING:
    from resnet_studio.models import PretrainedWeights

translate = QCoreApplication.translate
_MEGABYTE = 1_000_000


def network_title(offer: PretrainedWeights) -> str:
    """Returns what a person calls the network: "ResNet-50"."""
    entry = CATALOG.get(offer.network)
    return offer.network if entry is None else entry.title


def line(offer: PretrainedWeights, *, with_network: bool = False) -> str:
    """Returns name, published accuracy and size on one line, for a menu."""
    name = f"{network_title(offer)} {offer.name}" if with_network else offer.name
    figures = {"name": name, "top1": 100 * offer.top1, "top5": 100 * offer.top5}
    if offer.downloaded:
        return translate(
            "Offers", "{name}: {top1:.1f} % top-1, {top5:.1f} % top-5, on this computer"
        ).format(**figures)
    return translate(
        "Offers", "{name}: {top1:.1f} % top-1, {top5:.1f} % top-5, download of {size} MB…"
    ).format(size=_megabytes(offer.size), **figures)


def details(offer: PretrainedWeights) -> str:
    """Returns what the weights were measured at, and what they tell apart: two lines."""
    measured = translate(
        "Offers",
        "Published accuracy: {top1:.1f} % top-1 and {top5:.1f} % top-5 on ImageNet's validation "
        "pictures, with the shorter side resized to {resize} pixels and the central "
        "{crop} × {crop} cut out. The same is done to your pictures.",
    ).format(
        top1=100 * offer.top1,
        top5=100 * offer.top5,
        resize=offer.resize_size,
        crop=offer.crop_size,
    )
    first, last = offer.categories[:3], offer.categories[-1]
    classes = translate("Offers", "{count:,} classes: {first}, … {last}.").format(
        count=len(offer.categories), first=", ".join(first), last=last
    )
    return f"{measured}\n{classes}"


def tool_tip(offer: PretrainedWeights) -> str:
    """Returns the details as rich text, which Qt breaks into lines."""
    return "".join(f"<p>{escape(text)}</p>" for text in details(offer).splitlines())


def question(offer: PretrainedWeights) -> str:
    """Returns what is asked before a download: what, how large, from where, to where."""
    asked = translate(
        "Offers",
        "{weights} for {network} is {size} MB and comes from {host}. It is kept in {folder} and "
        "used offline from then on.",
    ).format(
        weights=offer.name,
        network=network_title(offer),
        size=_megabytes(offer.size),
        host=offer.host,
        folder=offer.path.parent,
    )
    return "\n\n".join(filter(None, (asked, _arrived(offer), details(offer))))


def _arrived(offer: PretrainedWeights) -> str:
    """Returns what is on this computer already: part of a download, or a file that is not it."""
    if offer.path.exists():
        return translate(
            "Offers",
            "The file {file} there is not the published one, perhaps an interrupted download of "
            "another program. It will be replaced.",
        ).format(file=offer.file_name)
    if kept := kept_bytes(offer.path):
        return translate(
            "Offers", "{kept} MB of it have arrived already; the download goes on from there."
        ).format(kept=_megabytes(kept))
    return ""


def _megabytes(count: int) -> str:
    return f"{count / _MEGABYTE:,.0f}" if count >= _MEGABYTE else f"{count / _MEGABYTE:.2f}"
