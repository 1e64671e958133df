"""The names that other programs give to the tensors of a residual network, and ours for them.

Ours are torchvision's: `conv1`, `bn1`, `layer1.0.conv1`, ..., `layer1.0.downsample.0`, `fc`; a deep
stem is `conv1.0`, `conv1.1`, `conv1.3`, ... Names alone are looked at here, but for what closes
the network: the linear layer, and the last normalisation of a pre-activation network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

Shape = tuple[int, ...]

HEAD: Final = "fc"
LAST_BN: Final = "bn_last"


class ForeignError(Exception):
    """The tensors are of no network of this program; the text says why, without a full stop."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How one family of programs names its tensors.

    Attributes:
        family: What to call it before a person.
        mark: What one of its names looks like, which no other family has.
        rules: Patterns of whole names, each with our name for it. `{leaf}` and other groups of
            the pattern are filled in; `{stage}` comes from a group `s0` (counted from 0), `s1`
            (from 1) or `s2` (from 2).
    """

    family: str
    mark: str
    rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Renamed:
    """Our names for what is in a file.

    Attributes:
        family: Whose names the file has.
        names: Our name for each name in the file.
        head: The name of the linear layer in the file ("linear"); "" if there is none.
    """

    family: str
    names: dict[str, str]
    head: str


# At most four digits: Python refuses to read numbers of more than some thousand.
_STAGE0, _STAGE1, _STAGE2 = (rf"(?P<s{first}>\d{{1,4}})" for first in range(3))
_BLOCK = r"(?P<block>\d{1,4})"
_LEAF = r"(?P<leaf>\w+)"
_N = r"(?P<n>\d)"
_IN_BLOCK: Final = "layer{stage}.{block}."

TIMM_V2: Final = Layout(
    "timm ResNetV2",
    r"stages\.0\.blocks\.0\.conv1\.weight",
    (
        (rf"stem\.conv\.{_LEAF}", "conv1.{leaf}"),
        (rf"stem\.conv1\.{_LEAF}", "conv1.0.{leaf}"),
        (rf"stem\.norm1\.{_LEAF}", "conv1.1.{leaf}"),
        (rf"stem\.conv2\.{_LEAF}", "conv1.3.{leaf}"),
        (rf"stem\.norm2\.{_LEAF}", "conv1.4.{leaf}"),
        (rf"stem\.conv3\.{_LEAF}", "conv1.6.{leaf}"),
        (rf"stages\.{_STAGE0}\.blocks\.{_BLOCK}\.norm{_N}\.{_LEAF}", _IN_BLOCK + "bn{n}.{leaf}"),
        (
            rf"stages\.{_STAGE0}\.blocks\.{_BLOCK}\.downsample\.conv\.{_LEAF}",
            _IN_BLOCK + "downsample.0.{leaf}",
        ),
        (
            rf"stages\.{_STAGE0}\.blocks\.{_BLOCK}\.downsample\.norm\.{_LEAF}",
            _IN_BLOCK + "downsample.1.{leaf}",
        ),
        (rf"stages\.{_STAGE0}\.blocks\.{_BLOCK}\.(?P<rest>.+)", _IN_BLOCK + "{rest}"),
    ),
)
_RESIDUAL: Final = {0: "conv1", 1: "bn1", 3: "conv2", 4: "bn2", 6: "conv3", 7: "bn3"}
RESIDUAL_FUNCTION: Final = Layout(
    "CIFAR ResNet (conv2_x to conv5_x)",
    r"conv2_x\.0\.residual_function\.0\.weight",
    (
        *(
            (
                rf"conv{_STAGE2}_x\.{_BLOCK}\.residual_function\.{place}\.{_LEAF}",
                _IN_BLOCK + f"{ours}.{{leaf}}",
            )
            for place, ours in _RESIDUAL.items()
        ),
        (rf"conv{_STAGE2}_x\.{_BLOCK}\.shortcut\.(?P<rest>.+)", _IN_BLOCK + "downsample.{rest}"),
    ),
)
WIDE: Final = Layout(
    "Wide ResNet (block1 to block3)",
    r"block1\.layer\.0\.conv1\.weight",
    (
        (
            rf"block{_STAGE1}\.layer\.{_BLOCK}\.convShortcut\.{_LEAF}",
            _IN_BLOCK + "downsample.0.{leaf}",
        ),
        (rf"block{_STAGE1}\.layer\.{_BLOCK}\.(?P<rest>.+)", _IN_BLOCK + "{rest}"),
    ),
)
_HF_BLOCK: Final = rf"encoder\.stages\.{_STAGE0}\.layers\.{_BLOCK}"
TRANSFORMERS: Final = Layout(
    "Hugging Face transformers",
    r"embedder\.embedder\.convolution\.weight",
    (
        (rf"embedder\.embedder\.convolution\.{_LEAF}", "conv1.{leaf}"),
        (rf"embedder\.embedder\.normalization\.{_LEAF}", "bn1.{leaf}"),
        (rf"{_HF_BLOCK}\.shortcut\.convolution\.{_LEAF}", _IN_BLOCK + "downsample.0.{leaf}"),
        (rf"{_HF_BLOCK}\.shortcut\.normalization\.{_LEAF}", _IN_BLOCK + "downsample.1.{leaf}"),
        *(
            (
                rf"{_HF_BLOCK}\.layer\.{place}\.{theirs}\.{_LEAF}",
                _IN_BLOCK + f"{ours}{place + 1}.{{leaf}}",
            )
            for place in range(3)
            for theirs, ours in (("convolution", "conv"), ("normalization", "bn"))
        ),
    ),
)
LAYERS: Final = Layout(
    "torchvision",
    r"layer1\.0\.conv1\.weight",
    (
        (rf"layer{_STAGE1}\.{_BLOCK}\.shortcut\.(?P<rest>.+)", _IN_BLOCK + "downsample.{rest}"),
        # OpenMMLab's deep stem, whose last normalisation is part of the sequence.
        (rf"stem\.7\.{_LEAF}", "bn1.{leaf}"),
        (rf"stem\.{_N}\.{_LEAF}", "conv1.{n}.{leaf}"),
    ),
)
_LAYOUTS: Final = (TIMM_V2, RESIDUAL_FUNCTION, WIDE, TRANSFORMERS, LAYERS)
# Families that are known and cannot be had: a name, and why.
_UNFIT: Final = (
    (
        r"layer0\.conv1\.weight",
        "it seems to be a network of the first SE-ResNets for PyTorch, whose pool after the stem "
        "is placed otherwise than any here",
    ),
    (r"(model\.)?blocks\.0\.attn\.qkv\.weight", "it seems to be a vision transformer"),
    (r".*denseblock1\.denselayer1\..*", "it seems to be a DenseNet"),
    (r"(model\.)?features\.[23]\.weight", "it seems to be a VGG network or an AlexNet"),
    (r"pre\.0\.weight", "its names are those of a pre-activation network without a final "
     "normalisation"),
)  # fmt: skip
_HEADS: Final = re.compile(
    r"(?P<head>(fc|linear|classifier|last_linear|head|logits|head\.fc)(\.\d{1,2})?)\.weight"
)
# Names longer than this are no layer's; patterns need not be tried on them.
_MAX_NAME: Final = 300


def rename(shapes: Mapping[str, Shape]) -> Renamed:
    """Returns our names for the names in a file.

    Args:
        shapes: Shape of each tensor in the file.

    Raises:
        ForeignError: If the names are of no layout that is known here.
    """
    layout = _layout(shapes)
    head = _head(shapes)
    rules = [(re.compile(pattern), ours) for pattern, ours in layout.rules]
    names: dict[str, str] = {}
    for name in shapes:
        leaf = name.removeprefix(f"{head}.")
        names[name] = f"{HEAD}.{leaf}" if head and leaf != name else _ours(name, rules)
    if layout is TIMM_V2 and "conv1.0.weight" in names.values():
        _name_pooled_projections(names)
    _name_single_stem(names)
    _name_last_bn(names, shapes)
    _check_single(names)
    return Renamed(layout.family, names, head)


def _layout(shapes: Mapping[str, Shape]) -> Layout:
    for mark, reason in _UNFIT:
        if _any_like(shapes, mark):
            raise ForeignError(reason)
    for layout in _LAYOUTS:
        if _any_like(shapes, layout.mark):
            return layout
    raise ForeignError("its names are of no residual network that is known here")


def _any_like(names: Iterable[str], pattern: str) -> bool:
    like = re.compile(pattern)
    return any(len(name) <= _MAX_NAME and like.fullmatch(name) for name in names)


def _ours(name: str, rules: list[tuple[re.Pattern[str], str]]) -> str:
    if len(name) > _MAX_NAME:
        return name
    for pattern, ours in rules:
        if (match := pattern.fullmatch(name)) is None:
            continue
        groups = match.groupdict()
        for first in range(3):
            if (stage := groups.pop(f"s{first}", None)) is not None:
                groups["stage"] = str(int(stage) - first + 1)
        return ours.format(**groups)
    return name


def _head(shapes: Mapping[str, Shape]) -> str:
    """Returns the name of the linear layer; a 1x1 convolution on the pooled map is one too."""
    found = {
        match["head"]: shape
        for name, shape in shapes.items()
        if len(name) <= _MAX_NAME and (match := _HEADS.fullmatch(name)) and _linear(shape)
    }
    if len(found) <= 1:
        return next(iter(found), "")
    made, read = ({shape[axis] for shape in found.values()} for axis in range(2))
    for name in (HEAD, "linear", "head.fc"):
        if name in found and not made & read:  # else one reads what another makes
            return name
    raise ForeignError(f"it has several linear layers at its end ({', '.join(sorted(found)[:4])})")


def _linear(shape: Shape) -> bool:
    return len(shape) == 2 or (len(shape) == 4 and shape[2:] == (1, 1))


def _name_pooled_projections(names: dict[str, str]) -> None:
    """Counts in the average pool, which timm's ResNetV2 has where it has a deep stem."""
    for theirs, ours in names.items():
        names[theirs] = ours.replace(".downsample.0.", ".downsample.1.")


def _name_single_stem(names: dict[str, str]) -> None:
    """Renames a stem of one convolution that is written as a sequence with its normalisation."""
    ours = set(names.values())
    if "conv1.0.weight" not in ours or "conv1.3.weight" in ours or "bn1.weight" in ours:
        return
    for theirs, name in names.items():
        for place, module in (("conv1.0.", "conv1."), ("conv1.1.", "bn1.")):
            if name.startswith(place):
                names[theirs] = module + name.removeprefix(place)


def _name_last_bn(names: dict[str, str], shapes: Mapping[str, Shape]) -> None:
    """Gives the last normalisation of a pre-activation network our name, whatever it has.

    What normalises outside the stages of a network whose blocks begin with a normalisation is
    the last one: its stem has none (He et al. 2016, arXiv:1603.05027).
    """
    by_ours = {ours: shapes[theirs] for theirs, ours in names.items()}
    if not starts_with_bn(by_ours) or f"{LAST_BN}.weight" in by_ours:
        return
    outside = [
        ours.removesuffix(".running_mean")
        for ours in names.values()
        if ours.endswith(".running_mean") and ours.count(".") == 1
    ]
    if len(outside) != 1:
        return
    for theirs, ours in names.items():
        module, _, leaf = ours.rpartition(".")
        if module == outside[0]:
            names[theirs] = f"{LAST_BN}.{leaf}"


def starts_with_bn(shapes: Mapping[str, Shape]) -> bool:
    """Returns whether the blocks' first normalisation is as wide as what they read.

    In a network without pre-activation it is as wide as what the first convolution makes; where
    the two are alike in every block, nothing can be told from shapes.
    """
    if f"{LAST_BN}.weight" in shapes:
        return True
    different = False
    for name, shape in shapes.items():
        if not (name.startswith("layer") and name.endswith(".conv1.weight") and len(shape) == 4):
            continue
        block = name.removesuffix("conv1.weight")
        width, reads = shapes.get(f"{block}bn1.weight"), shape[1]
        if width != (reads,):
            return False
        different |= reads != shape[0]
    return different


def _check_single(names: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for theirs, ours in names.items():
        if ours in seen:
            raise ForeignError(
                f"{seen[ours][:80]} and {theirs[:80]} are both what is called {ours[:80]} here"
            )
        seen[ours] = theirs
