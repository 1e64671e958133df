"""What each method of *Why this class* is called, what it shows, and what it does not."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from resnet_studio.architecture.elements import Shape
from resnet_studio.gui.features.images import number
from resnet_studio.probe.attribution import Attribution, Baseline, How, Method, usual_window

_CONTEXT = "why"


def title(method: Method) -> str:
    """Returns the name of a method."""
    return {
        Method.GRADCAM: "Grad-CAM",
        Method.INTEGRATED: _tr("Integrated gradients"),
        Method.OCCLUSION: _tr("Occlusion"),
        Method.SALIENCY: _tr("Saliency"),
    }[method]


def unit(method: Method) -> str:
    """Returns what the numbers of a map are."""
    return {
        Method.GRADCAM: _tr("weighted activation (logit)"),
        Method.INTEGRATED: _tr("part of the score (logit)"),
        Method.OCCLUSION: _tr("fall of the score (logit)"),
        Method.SALIENCY: _tr("|gradient| of the score"),
    }[method]


def paper(method: Method) -> str:
    """Returns who published a method."""
    return {
        Method.GRADCAM: "Selvaraju et al. 2017, arXiv:1610.02391",
        Method.INTEGRATED: "Sundararajan et al. 2017, arXiv:1703.01365",
        Method.OCCLUSION: "Zeiler, Fergus 2014, arXiv:1311.2901",
        Method.SALIENCY: "Simonyan et al. 2014, arXiv:1312.6034",
    }[method]


def note(method: Method) -> str:
    """Returns what a method shows, what it does not, and who published it."""
    text = {
        Method.GRADCAM: _tr(
            "Which cells of a layer raise the score, each channel weighed by its mean gradient. As "
            "coarse as the layer, and each cell sees far beyond itself; rough before the last "
            "stage."
        ),
        Method.INTEGRATED: _tr(
            "What each pixel adds to the score on the way from a baseline to the picture. Another "
            "baseline gives another map: what looks like it already counts nothing."
        ),
        Method.OCCLUSION: _tr(
            "How far the score falls when a square is covered. Nothing finer is seen, what is "
            "there twice is not missed, and the cover is a shape too."
        ),
        Method.SALIENCY: _tr(
            "How much the score reacts to a tiny change of each pixel, without sign: where the "
            "network is sensitive, not what speaks for the class. Noisy."
        ),
    }[method]
    return f"{text} ({paper(method)})"


def colours(*, signed: bool) -> str:
    """Returns what the colours mean."""
    if signed:
        return _tr("brown speaks for the class, blue against it")
    return _tr("only what speaks for the class is shown")


def facts(found: Attribution, how: How) -> str:
    """Returns how a map came about, in one line."""
    height, width = found.map.shape
    time = _seconds(found.seconds)
    if found.silent:
        return _tr("Nothing of this reaches the class score: all values are zero.")
    if found.method is Method.GRADCAM:
        return _tr("{layer} · {width}×{height} cells · {time}").format(
            layer=found.layer, width=width, height=height, time=time
        )
    if found.method is Method.INTEGRATED:
        return _tr("sum {sum}, error {delta} · {time}").format(
            sum=number(float(found.map.sum())), delta=number(abs(found.delta or 0.0)), time=time
        )
    if found.method is Method.OCCLUSION:
        window, stride = usual_window(width)
        return _tr("{window} px every {stride} px · {time}").format(
            window=how.window or window, stride=how.stride or stride, time=time
        )
    return _tr("{width}×{height} pixels · {time}").format(width=width, height=height, time=time)


def baseline(kind: Baseline) -> str:
    """Returns the name of a baseline, short enough for a card of three."""
    return {
        Baseline.BLACK: _tr("black"),
        Baseline.MEAN: _tr("mean"),
        Baseline.BLURRED: _tr("blurred"),
    }[kind]


def cells(shape: Shape) -> str:
    """Returns how many cells a map has."""
    return f"{shape[2]}×{shape[1]}"


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return _tr("{count} ms").format(count=round(1000 * seconds))
    return _tr("{count} s").format(count=f"{seconds:.1f}")


def _tr(text: str) -> str:
    return QCoreApplication.translate(_CONTEXT, text)
