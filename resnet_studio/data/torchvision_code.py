"""A pipeline written out as a Python script of torchvision's transforms v2: the same pixels.

`code` writes the pipeline with torchvision's own chance, to train with elsewhere. `code_of_draw`
writes the fixed calls of one sample, chance decided. The tests run both: steps without chance, and
fixed calls, give the bits that `transforms.apply` gives. No torch here: it is text.

The code is plain and self-contained. What torchvision lacks comes as a small class
(`torchvision_classes.py`).
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import assert_never

from resnet_studio.data.augment_spec import AugmentSpec
from resnet_studio.data.augment_steps import (
    CenterCrop,
    GeometryStep,
    HorizontalFlip,
    Normalise,
    PadCrop,
    RandomResizedCrop,
    RandomRotation,
    RandomShortSide,
    Resize,
    ResizeExact,
    Step,
    VerticalFlip,
)
from resnet_studio.data.colour_steps import ColourStep
from resnet_studio.data.drawn import StepDraw
from resnet_studio.data.draws import Draw
from resnet_studio.data.torchvision_classes import HELPERS
from resnet_studio.data.torchvision_code_colour import (
    colour_call,
    colour_calls,
    mean_picture_text,
)
from resnet_studio.data.torchvision_code_parts import Part, interpolation, number, numbers, wrapped

_COLUMNS = 92
_CHANCE = (
    "torchvision draws its chance anew with each call, from torch's generator: torch.manual_seed "
    "repeats it{older}. ResNet Studio draws that of a sample from (seed, epoch, index), so that "
    "the same seed gives other samples there; for the same draw the pixels are the same."
)
_NO_CHANCE = (
    "There is no chance in it: of the same decoded picture it makes the pixels that ResNet Studio "
    "makes, bit for bit."
)
_V2 = "from torchvision.transforms import v2"
_FUNCTIONAL = "from torchvision.transforms.v2 import functional as F"
_BLOCKS = ("class ", "def ")
_SCALED = "F.to_dtype(picture, torch.float32, scale=True)"
_SAMPLE = '''\
def sample(picture):
    """Returns the picture as the network reads it: (3, {side}, {side}) float32."""
    picture = F.to_image(picture)  # (3, H, W), 8 bits
    if picture.shape[1:] != ({height}, {width}):
        raise ValueError("drawn for a picture of {width} x {height} pixels")
'''
_READ = '''\
def read(path):
    """Returns a picture file as the network reads it: (3, {side}, {side}) float32.

    It is turned upright, and what is transparent becomes white.
    """
    with Image.open(path) as file:
        picture = ImageOps.exif_transpose(file)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return pipeline(picture.convert("RGB"))


if __name__ == "__main__":
    picture = read(sys.argv[1])
    print(f"{{tuple(picture.shape)}}, from {{picture.min():.3f}} to {{picture.max():.3f}}")
'''


def code(spec: AugmentSpec) -> str:
    """Return a Python script that has the pipeline as `pipeline`, and `read(path)`.

    `pipeline` takes a Pillow picture, an (H, W, 3) array or a (3, H, W) tensor, of 8 bits.
    """
    parts = [_transform(step) for step in spec.steps]
    lines = ["pipeline = v2.Compose(", "    [", "        v2.ToImage(),  # (3, H, W), 8 bits"]
    scaled = ["        v2.ToDtype(torch.float32, scale=True),  # from 0 to 1"]
    for step, part in zip(spec.steps, parts, strict=True):
        lines += scaled if step == spec.ending else []
        lines += _commented(_how_it_draws(step), indent=8)
        lines += wrapped(f"{part.text},", indent=8)
    lines += scaled if spec.ending is None else []
    lines += ["        v2.ToPureTensor(),", "    ]", ")", "", ""]
    lines.append(_READ.format(side=spec.output_size))
    imports = ("import sys", "import torch", "from PIL import Image, ImageOps", _V2)
    return _script(spec, _pipeline_words(spec), imports, parts, lines)


def code_of_draw(spec: AugmentSpec, draw: Draw) -> str:
    """Return a Python script with a function `sample(picture)`: what a draw says, and no chance.

    Args:
        spec: The pipeline.
        draw: What was decided for one picture; `sample` refuses pictures of another size.
    """
    size = f"{draw.width} x {draw.height} pixels"
    used: list[Part] = []
    lines = _SAMPLE.format(side=spec.output_size, height=draw.height, width=draw.width).splitlines()
    scaled = ["    # Colours from 0 to 1.", f"    picture = {_SCALED}"]
    for step, drawn in zip(spec.steps, draw.steps, strict=True):
        parts = _calls(step, drawn)
        used += parts
        lines += scaled if step == spec.ending else []
        lines += _commented((f"{step.title}: {drawn.text}",), indent=4)
        for part in parts:
            lines += wrapped(f"picture = {part.text}", indent=4)
    lines += scaled if spec.ending is None else []
    lines += ["    return picture.as_subclass(torch.Tensor)", ""]
    words = f"One sample, as drawn for a picture of {size}. Each run gives the same pixels."
    return _script(spec, words, ("import torch", _FUNCTIONAL), used, lines)


# --- one transform for each step ------------------------------------------------------------------


def _transform(step: Step) -> Part:
    """Return the step as an object with torchvision's chance."""
    return colour_call(step) if isinstance(step, ColourStep) else _geometry_call(step)


def _geometry_call(step: GeometryStep) -> Part:
    match step:
        case RandomResizedCrop():
            ranges = f"{step.size}, scale={numbers(step.scale)}, ratio={numbers(step.ratio)}"
            if step.rule == "log_uniform":
                return Part(f"v2.RandomResizedCrop({ranges})")
            return Part(f"OlderRandomResizedCrop({ranges})", ("OlderRandomResizedCrop",))
        case Resize():
            return Part(f"v2.Resize([{step.size}])")
        case ResizeExact():
            return Part(f"v2.Resize([{step.size}, {step.size}])")
        case RandomShortSide():
            return Part(f"RandomShortSide({step.min}, {step.max})", ("RandomShortSide",))
        case CenterCrop():
            return Part(f"v2.CenterCrop({step.size})")
        case PadCrop():
            border = f", padding={step.padding}, fill={step.fill}" if step.padding else ""
            return Part(f"v2.RandomCrop({step.size}{border})")
        case HorizontalFlip():
            return Part(f"v2.RandomHorizontalFlip(p={number(step.p)})")
        case VerticalFlip():
            return Part(f"v2.RandomVerticalFlip(p={number(step.p)})")
        case RandomRotation():
            mode = interpolation(step.interpolation)
            angle = number(step.degrees)
            return Part(f"v2.RandomRotation({angle}, interpolation={mode}, fill={step.fill})")
        case Normalise():
            return Part(f"v2.Normalize(mean={list(step.mean)}, std={list(step.std)})")
        case _:
            assert_never(step)


def _how_it_draws(step: Step) -> tuple[str, ...]:
    """Return how torchvision draws, where the call does not say it."""
    match step:
        case RandomResizedCrop(rule="log_uniform"):
            return (
                "Up to 10 attempts: the share of the area is uniform, the ratio log-uniform, the "
                "place uniform; where none fits, the centre.",
            )
        case PadCrop():
            return ("Each place is as likely as another.",)
        case RandomRotation():
            return ("The angle is uniform between its negative and itself, anticlockwise.",)
        case _:
            return ()


# --- fixed calls ----------------------------------------------------------------------------------


def _calls(step: Step, drawn: StepDraw) -> Sequence[Part]:
    """Return what is done to `picture`, expressions in order; none where the draw does nothing."""
    if isinstance(step, ColourStep):
        return colour_calls(step, drawn)
    return [Part(text) for text in _geometry_calls(step, drawn)]


def _geometry_calls(step: GeometryStep, drawn: StepDraw) -> Iterator[str]:
    height, width = drawn.size
    match step:
        case RandomResizedCrop():
            assert drawn.region is not None
            left, top, wide, high = drawn.region
            place = f"top={top}, left={left}, height={high}, width={wide}"
            yield f"F.resized_crop(picture, {place}, size=[{height}, {width}])"
        case Resize() | ResizeExact() | RandomShortSide():
            yield f"F.resize(picture, [{height}, {width}])"
        case CenterCrop():
            yield f"F.center_crop(picture, [{height}, {width}])"
        case PadCrop():
            yield from _pad_crop_calls(step, drawn)
        case HorizontalFlip():
            if drawn.mirrored:
                yield "F.horizontal_flip(picture)"
        case VerticalFlip():
            if drawn.affine is not None:
                yield "F.vertical_flip(picture)"
        case RandomRotation():
            angle, mode = repr(drawn.values["angle"]), interpolation(step.interpolation, "F")
            yield f"F.rotate(picture, {angle}, interpolation={mode}, fill={list(step.fill)})"
        case Normalise():
            yield f"F.normalize(picture, mean={list(step.mean)}, std={list(step.std)})"
        case _:
            assert_never(step)


def _pad_crop_calls(step: PadCrop, drawn: StepDraw) -> Iterator[str]:
    assert drawn.region is not None
    left, top, width, height = drawn.region
    if step.padding:
        yield f"F.pad(picture, [{step.padding}], fill={list(step.fill)})"
    place = f"top={top + step.padding}, left={left + step.padding}"
    yield f"F.crop(picture, {place}, height={height}, width={width})"


# --- the script around them -----------------------------------------------------------------------


def _script(
    spec: AugmentSpec,
    words: str,
    imports: Sequence[str],
    parts: Sequence[Part],
    body: Sequence[str],
) -> str:
    """Put the script together, with empty lines as Python's style guide has them."""
    needed = _unique(name for part in parts for name in part.needs)
    sections = ["\n".join(_docstring(spec, words)), "\n".join(_imports(needed, imports))]
    sections += [HELPERS[name].text.rstrip() for name in needed]
    mean = mean_picture_text(spec.steps[-1])
    sections += [*([mean] if mean else []), "\n".join(body)]
    script = sections[0]
    for before, section in pairwise(sections):
        blocks = before.startswith(_BLOCKS) or section.startswith(_BLOCKS)
        script += ("\n\n\n" if blocks else "\n\n") + section
    return script


def _pipeline_words(spec: AugmentSpec) -> str:
    if not spec.numbers:
        return _NO_CHANCE
    older = any(
        step.kind == "random_resized_crop" and step.rule != "log_uniform" for step in spec.steps
    )
    return _CHANCE.format(older=", and random.seed that of the older crop" if older else "")


def _docstring(spec: AugmentSpec, words: str) -> list[str]:
    # A name or a note may hold anything that a person typed.
    name, note = (_harmless(text) for text in (spec.name, spec.note))
    lines = [f'"""The pipeline {name} in torchvision\'s transforms v2 (0.26 or later).']
    for paragraph in (note, words):
        if paragraph:
            lines += ["", *textwrap.wrap(paragraph, _COLUMNS)]
    return [*lines, '"""']


def _harmless(text: str) -> str:
    """Return text that may stand in a docstring, on one line."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(shown.replace("\\", "/").replace('"', "'").split())


def _imports(needed: Sequence[str], usual: Sequence[str]) -> list[str]:
    """Return the import lines in groups: Python's own, and others."""
    lines = _unique((*usual, *(line for name in needed for line in HELPERS[name].imports)))
    lines.sort(key=lambda line: (line.startswith("from"), line.split()[1]))
    own = [line for line in lines if line.split()[1] in sys.stdlib_module_names]
    return [*own, *([""] if own else []), *(line for line in lines if line not in own)]


def _commented(lines: Iterable[str], *, indent: int) -> Iterator[str]:
    for line in lines:
        for part in textwrap.wrap(line, _COLUMNS - indent):
            yield f"{' ' * indent}# {part}"


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
