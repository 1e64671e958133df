"""Small classes for the exported code: what torchvision's transforms v2 do not have.

Text, since a student reads and runs it without this program. `HELPERS` has them by name, with what
they need to be imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Helper(NamedTuple):
    """A class of the exported code.

    Attributes:
        text: Its source.
        imports: The import lines that it needs besides torch and v2.
    """

    text: str
    imports: tuple[str, ...] = ()


_V2: Final = "from torchvision.transforms import v2"
_FUNCTIONAL: Final = "from torchvision.transforms.v2 import functional as F"

_SHORT_SIDE = '''\
class RandomShortSide(v2.Transform):
    """Resizes the shorter side to a random whole number of pixels, both ends included."""

    def __init__(self, least, most):
        super().__init__()
        self.least, self.most = least, most

    def make_params(self, flat_inputs):
        return {"side": int(torch.randint(self.least, self.most + 1, ()))}

    def transform(self, inpt, params):
        return F.resize(inpt, [params["side"]])
'''

_OLDER_CROP = '''\
class OlderRandomResizedCrop(v2.Transform):
    """The random resized crop as torchvision had it until version 0.2.

    The ratio is uniform, width and height are exchanged every other time, and where no attempt
    fits, the central square is taken.
    """

    def __init__(self, size, scale, ratio):
        super().__init__()
        self.size, self.scale, self.ratio = size, scale, ratio

    def make_params(self, flat_inputs):
        height, width = v2.query_size(flat_inputs)
        for _ in range(10):
            area = random.uniform(*self.scale) * height * width
            ratio = random.uniform(*self.ratio)
            w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if random.random() < 0.5:
                w, h = h, w
            if 0 < w <= width and 0 < h <= height:
                top, left = random.randint(0, height - h), random.randint(0, width - w)
                return {"top": top, "left": left, "height": h, "width": w}
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        return {"top": top, "left": left, "height": side, "width": side}

    def transform(self, inpt, params):
        return F.resized_crop(inpt, **params, size=[self.size, self.size])
'''

_PCA_COLOUR = '''\
class PCAColour(v2.Transform):
    """Adds one random colour to all pixels, along the principal components of colours (AlexNet)."""

    def __init__(self, std, eigenvalues, eigenvectors):
        super().__init__()
        self.std = std
        self.components = torch.tensor(eigenvectors) * torch.tensor(eigenvalues)

    def make_params(self, flat_inputs):
        return {"colour": 255 * self.components @ (self.std * torch.randn(3))}

    def transform(self, inpt, params):
        shift = params["colour"].round().clamp(-255, 255).to(torch.int16).view(3, 1, 1)
        return (inpt.to(torch.int16) + shift).clamp(0, 255).to(torch.uint8)
'''

_NOISE_ERASING = '''\
class RandomNoiseErasing(v2.RandomErasing):
    """Covers a random rectangle with uniform noise of 8 bits; torchvision's own noise is normal."""

    def make_params(self, flat_inputs):
        params = super().make_params(flat_inputs)
        if params["v"] is not None:
            params["v"] = torch.randint(0, 256, (3, params["h"], params["w"]), dtype=torch.uint8)
        return params
'''

_MEAN_PICTURE = '''\
class SubtractMeanPicture(v2.Transform):
    """Subtracts from each pixel its mean over the training pictures, and divides by `std`."""

    def __init__(self, text, side, std):
        super().__init__()
        # Differences from pixel to pixel in 1/256 of a level, high bytes first, compressed.
        stored = zlib.decompress(base64.b64decode(text))
        high, low = np.frombuffer(stored, np.uint8).astype(np.uint16).reshape(2, side, side, 3)
        levels = np.cumsum(high << 8 | low, axis=1, dtype=np.uint16)
        mean = (levels / (255.0 * 256)).astype(np.float32)
        self.mean = torch.from_numpy(mean).permute(2, 0, 1)
        self.std = torch.tensor(std).view(3, 1, 1)

    def transform(self, inpt, params):
        return (inpt - self.mean) / self.std
'''

_ADD_COLOUR = '''\
def add_colour(picture, levels):
    """Adds red, green and blue levels to all pixels of (3, H, W) uint8, and clips to 0 to 255."""
    shift = torch.tensor(levels, dtype=torch.int16).view(3, 1, 1)
    return (picture.to(torch.int16) + shift).clamp(0, 255).to(torch.uint8)
'''

_NOISE = '''\
def noise(seed, height, width):
    """Returns the noise of this very sample: (3, height, width) uint8."""
    count = height * width * 3
    words = np.random.Philox(key=seed).random_raw(-(-count // 8))
    pixels = words.astype("<u8").view(np.uint8)[:count].reshape(height, width, 3)
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)
'''

HELPERS: Final[Mapping[str, Helper]] = MappingProxyType(
    {
        "RandomShortSide": Helper(_SHORT_SIDE, (_FUNCTIONAL,)),
        "OlderRandomResizedCrop": Helper(
            _OLDER_CROP, ("import math", "import random", _FUNCTIONAL)
        ),
        "PCAColour": Helper(_PCA_COLOUR),
        "RandomNoiseErasing": Helper(_NOISE_ERASING),
        "SubtractMeanPicture": Helper(
            _MEAN_PICTURE, ("import base64", "import zlib", "import numpy as np", _V2)
        ),
        "add_colour": Helper(_ADD_COLOUR),
        "noise": Helper(_NOISE, ("import numpy as np",)),
    }
)
