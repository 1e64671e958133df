"""The standalone script as text: one network in plain PyTorch, for a student to read and to run.

It holds what this network has and nothing of what others have. `script` runs it and compares.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from resnet_studio import __version__
from resnet_studio.architecture.graph import NetworkGraph, build_graph
from resnet_studio.architecture.spec import (
    ActivationOrder,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
)
from resnet_studio.data.augment import PerPixelMean
from resnet_studio.export.script_network import network_parts
from resnet_studio.export.script_picture import constants, picture_functions
from resnet_studio.export.subject import Subject

_COLUMNS = 96
_LOAD = '''\
def load_network() -> ResNet:
    """Returns the network with its weights, ready to classify."""
    network = ResNet()
    # weights_only: the file can hold tensors and nothing that would be run.
    network.load_state_dict(torch.load(WEIGHTS, map_location="cpu", weights_only=True))
    return network.eval()
'''
_MAIN = '''\
def main() -> None:
    """Prints the most probable classes{what}."""
{check}    with torch.inference_mode():
        logits = load_network()({picture})[0]
    probabilities = torch.softmax(logits, dim=0)
    for index in probabilities.argsort(descending=True)[:5].tolist():
        print(f"{{probabilities[index]:7.2%}}  {{CLASSES[index]}}")


if __name__ == "__main__":
    main()
'''
_CHECK = """\
    if len(sys.argv) != 2:
        sys.exit(f"Usage: python {Path(__file__).name} PICTURE")
"""


def script_text(subject: Subject, *, weights_name: str) -> str:
    """Returns the script.

    Args:
        subject: What it classifies as; the preprocessing is without chance.
        weights_name: Name of the file of weights, which lies beside the script.
    """
    spec, pipeline = subject.spec, subject.preprocessing
    graph = build_graph(spec, input_size=pipeline.output_size)
    reads = spec.in_channels == 3
    head = [
        _docstring(subject, graph, weights_name),
        "",
        *_imports(reads, packed=isinstance(pipeline.ending, PerPixelMean)),
        "",
        f"WEIGHTS = Path(__file__).with_name({_quoted(weights_name)})",
        *(constants(pipeline) if reads else ()),
    ]
    parts = [
        "\n".join(head) + "\n",
        *network_parts(spec, graph),
        _LOAD,
        *picture_functions(pipeline, spec.in_channels),
        _classes(subject.classes),
        _main(reads),
    ]
    return "\n\n".join(parts)


def _imports(reads: bool, *, packed: bool) -> Iterator[str]:
    if reads:
        yield from ("import base64", "import sys", "import zlib") if packed else ("import sys",)
    yield "from pathlib import Path"
    yield ""
    if reads:
        yield "import numpy as np"
    yield "import torch"
    yield "import torch.nn.functional as F"
    if reads:
        yield "from PIL import Image, ImageOps"
    yield "from torch import Tensor, nn"


def _main(reads: bool) -> str:
    if reads:
        return _MAIN.format(what=" of a picture", check=_CHECK, picture="read_picture(sys.argv[1])")
    return _MAIN.format(what=", of random numbers", check="", picture="random_picture()")


# --- what it says of itself -----------------------------------------------------------------------


def _docstring(subject: Subject, graph: NetworkGraph, weights_name: str) -> str:
    spec = subject.spec
    title = (
        f"{spec.name}: {spec.depth:,} layers, {graph.parameters:,} parameters, "
        f"{spec.classes:,} classes."
    )
    reads = spec.in_channels == 3
    use = (
        f"prints the most probable classes. {weights_name} must lie in the folder of this file. "
        + (f"Weights: {subject.description}. " if subject.description else "")
        + f"Written by ResNet Studio {__version__} and compared with its network there."
    )
    text = [
        *_wrapped(title),
        "",
        f"    python -m pip install torch{' numpy pillow' if reads else ''}",
        f"    python {weights_name.removesuffix('_weights.pth')}.py{' PICTURE' if reads else ''}",
        "",
        *_wrapped(use),
        "",
        *(line for paper in _papers(spec) for line in _wrapped(paper, indent="  ")),
    ]
    safe = "\n".join(_harmless(line) for line in text)
    return f'"""{safe}\n"""'


def _wrapped(text: str, *, indent: str = "") -> list[str]:
    return textwrap.wrap(text, _COLUMNS, subsequent_indent=indent, break_on_hyphens=False)


def _harmless(line: str) -> str:
    """Returns a line that cannot end the docstring, whatever names and files are called."""
    printable = "".join(each if each.isprintable() else "?" for each in line)
    return printable.replace("\\", "\\\\").replace('"', "'")


def _papers(spec: NetworkSpec) -> Iterator[str]:
    yield "He, Zhang, Ren, Sun 2015: Deep Residual Learning for Image Recognition, arXiv:1512.03385"
    kinds = (ActivationOrder.ORIGINAL, ActivationOrder.RELU_TWICE)
    residual = spec.shortcut is not ShortcutKind.NONE
    typed = residual and spec.shortcut_type is not ShortcutType.IDENTITY
    if spec.order not in kinds or typed:
        yield "The same 2016: Identity Mappings in Deep Residual Networks, arXiv:1603.05027"
    if typed and spec.shortcut_type is ShortcutType.HIGHWAY:
        yield "Srivastava, Greff, Schmidhuber 2015: Highway Networks, arXiv:1505.00387"
    if spec.groups > 1:
        yield "Xie et al. 2016: Aggregated Residual Transformations (ResNeXt), arXiv:1611.05431"
    if spec.dropout or spec.counts_projections or (spec.groups == 1 and spec.base_width != 64):
        yield "Zagoruyko, Komodakis 2016: Wide Residual Networks, arXiv:1605.07146"
    if spec.se_reduction:
        yield "Hu et al. 2017: Squeeze-and-Excitation Networks, arXiv:1709.01507"
    projects = spec.shortcut in (ShortcutKind.B, ShortcutKind.C)
    if spec.stem is StemKind.DEEP or (projects and spec.projection is ProjectionKind.AVGPOOL):
        yield "He et al. 2018: Bag of Tricks (ResNet-C, ResNet-D), arXiv:1812.01187"
    if residual and spec.stochastic_depth:
        yield "Huang et al. 2016: Deep Networks with Stochastic Depth, arXiv:1603.09382"


# --- the classes ----------------------------------------------------------------------------------


def _classes(names: Sequence[str]) -> str:
    lines = ["# The classes, in the order of the network's outputs.", "CLASSES = ["]
    line = ""
    for name in names:
        entry = f"{_quoted(name)},"
        if line and len(line) + 1 + len(entry) > _COLUMNS:
            lines.append(f"    {line}")
            line = ""
        line = f"{line} {entry}".strip()
    return "\n".join([*lines, f"    {line}", "]"]) + "\n"


def _quoted(text: str) -> str:
    """Returns a literal of the text, in double quotes where none has to be escaped."""
    plain = text.isprintable() and "\\" not in text and '"' not in text
    return f'"{text}"' if plain else repr(text)
