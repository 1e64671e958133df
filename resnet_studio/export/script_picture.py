"""The part of the standalone script that reads a picture: only the steps of one pipeline."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_studio.data.augment import AugmentSpec, CenterCrop, PerPixelMean, Resize, ResizeExact
from resnet_studio.data.augment_steps import Step

_TEXT_ROW = 88
_OPEN = '''\
def open_picture(path: str) -> Image.Image:
    """Returns the picture upright and in red, green and blue; what is transparent becomes white."""
    try:
        image = Image.open(path)
        image.load()
    except Exception:  # Pillow has many kinds of errors for broken files
        sys.exit(f"{path} is missing, or is no picture that Pillow can read.")
    image = ImageOps.exif_transpose(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image.convert("RGB")
'''
_RESIZE = '''\
def resize(pixels: Tensor, height: int, width: int) -> Tensor:
    """Resizes (1, 3, H, W) uint8; antialiased, as Pillow and torchvision do it."""
    if pixels.shape[-2:] == (height, width):
        return pixels
    return F.interpolate(pixels, (height, width), mode="bilinear", antialias=True)
'''
_RESIZE_SHORTER = '''\
def resize_shorter_side(pixels: Tensor, size: int) -> Tensor:
    """Brings the shorter side to `size` pixels and keeps the ratio of the sides."""
    height, width = pixels.shape[-2:]
    longer = int(size * max(height, width) / min(height, width))
    if height <= width:
        return resize(pixels, size, longer)
    return resize(pixels, longer, size)
'''
_CENTER_CROP = '''\
def center_crop(pixels: Tensor, size: int) -> Tensor:
    """Cuts out the central square; a smaller picture gets a black border first."""
    height, width = pixels.shape[-2:]
    down, across = max(size - height, 0), max(size - width, 0)
    border = (across // 2, across - across // 2, down // 2, down - down // 2)
    pixels = F.pad(pixels, border)
    top, left = round(max(height - size, 0) / 2), round(max(width - size, 0) / 2)
    return pixels[:, :, top : top + size, left : left + size]
'''
_RANDOM = '''\
def random_picture(_path: str = "") -> Tensor:
    """Returns random numbers in place of a picture; files have 3 channels, not {channels}."""
    torch.manual_seed(0)
    return torch.rand(1, {channels}, {side}, {side})
'''


def picture_functions(pipeline: AugmentSpec, channels: int) -> list[str]:
    """Returns the functions of the script, `read_picture` last; or `random_picture` alone.

    Args:
        pipeline: The preprocessing; without chance.
        channels: What the network reads; no picture file has another number than 3.
    """
    if channels != 3:
        return [_RANDOM.format(channels=channels, side=pipeline.output_size)]
    kinds = {type(step) for step in pipeline.pixel_steps}
    functions = [_OPEN]
    if kinds & {Resize, ResizeExact}:
        functions.append(_RESIZE)
    if Resize in kinds:
        functions.append(_RESIZE_SHORTER)
    if CenterCrop in kinds:
        functions.append(_CENTER_CROP)
    return [*functions, _read_picture(pipeline)]


def constants(pipeline: AugmentSpec) -> list[str]:
    """Returns the lines that say how colours are normalised."""
    ending = pipeline.ending
    if ending is None:
        return []
    deviation = f"STD = torch.tensor({list(ending.std)}).view(3, 1, 1)"
    if isinstance(ending, PerPixelMean):
        return [*_mean_picture(ending), deviation]
    return [
        "# Mean and standard deviation of red, green and blue, of colours between 0 and 1.",
        f"MEAN = torch.tensor({list(ending.mean)}).view(3, 1, 1)",
        deviation,
    ]


def _mean_picture(ending: PerPixelMean) -> list[str]:
    """Returns the lines that hold the mean picture, and make numbers of it."""
    text = "".join(ending.picture)
    rows = [text[begin : begin + _TEXT_ROW] for begin in range(0, len(text), _TEXT_ROW)]
    return [
        "# The mean of the training pictures at each pixel, packed: 256ths of a level, each as the",
        "# difference from its left neighbour in 16 bits, first all high bytes, then all low ones.",
        f"SIDE = {ending.side}",
        "PACKED = (",
        *(f'    "{row}"' for row in rows),
        ")",
        "high, low = np.frombuffer(zlib.decompress(base64.b64decode(PACKED)), np.uint8).reshape(",
        "    2, SIDE, SIDE, 3",
        ").astype(np.uint16)",
        "levels = np.cumsum(high << 8 | low, axis=1, dtype=np.uint16) / (255 * 256)",
        "MEAN = torch.from_numpy(levels.astype(np.float32)).permute(2, 0, 1)",
    ]


def _read_picture(pipeline: AugmentSpec) -> str:
    side = pipeline.output_size
    lines = [
        "def read_picture(path: str) -> Tensor:",
        f'    """Returns the picture as the network reads it: (1, 3, {side}, {side}) float32."""',
        "    rows = torch.from_numpy(np.array(open_picture(path)))  # (H, W, 3), 0 to 255",
        "    pixels = rows.unsqueeze(0).permute(0, 3, 1, 2)  # (1, 3, H, W)",
        *_step_lines(pipeline),
        "    colours = pixels.contiguous().to(torch.float32) * (1 / 255)  # from 0 to 1",
        f"    return {'(colours - MEAN) / STD' if pipeline.ending else 'colours'}",
    ]
    return "\n".join(lines) + "\n"


def _step_lines(pipeline: AugmentSpec) -> Iterator[str]:
    for step in pipeline.pixel_steps:
        yield f"    pixels = {_call(step)}"


def _call(step: Step) -> str:
    match step:
        case Resize():
            return f"resize_shorter_side(pixels, {step.size})"
        case ResizeExact():
            return f"resize(pixels, {step.size}, {step.size})"
        case CenterCrop():
            return f"center_crop(pixels, {step.size})"
        case _:
            raise ValueError(f"{step.kind} is no step of a pipeline without chance")
