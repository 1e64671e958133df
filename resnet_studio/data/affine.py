"""Matrices of turning, shearing, scaling and shifting, as torchvision computes them. No torch here.

A matrix (a, b, c, d, e, f) maps a point of the result to the point of the picture it shows, both
counted from the picture's centre: (a x + b y + c, d x + e y + f).
"""

from __future__ import annotations

import math

from resnet_studio.data.drawn import Affine


def inverse_affine(
    angle: float = 0.0,
    *,
    translate: tuple[float, float] = (0.0, 0.0),
    scale: float = 1.0,
    shear: tuple[float, float] = (0.0, 0.0),
    centre: tuple[float, float] = (0.0, 0.0),
) -> Affine:
    """Return the matrix of `torchvision.transforms.v2.functional.affine`, bit for bit.

    Args:
        angle: Turn in degrees, clockwise.
        translate: Shift to the right and down, in pixels.
        scale: How much larger things become.
        shear: In degrees, along x and along y.
        centre: The point about which is turned, counted from the picture's centre.
    """
    turn, along_x, along_y = (math.radians(value) for value in (angle, *shear))
    x, y = centre
    shifted_x, shifted_y = x + translate[0], y + translate[1]
    # Turn and shears; their determinant is 1, so that the inverse needs no division.
    a = math.cos(turn - along_y) / math.cos(along_y)
    b = -(a * math.tan(along_x) + math.sin(turn))
    c = math.sin(turn - along_y) / math.cos(along_y)
    d = math.cos(turn) - c * math.tan(along_x)
    matrix = (d / scale, -b / scale, -c / scale, a / scale)
    return (
        matrix[0],
        matrix[1],
        0.0 + (x - matrix[0] * shifted_x - matrix[1] * shifted_y),
        matrix[2],
        matrix[3],
        0.0 + (y - matrix[2] * shifted_x - matrix[3] * shifted_y),
    )


def turning(angle: float) -> Affine:
    """Return the matrix of a turn by `angle` degrees anticlockwise, as `functional.rotate`."""
    return inverse_affine(-(angle % 360))


def quarter_turns(angle: float, height: int, width: int) -> int | None:
    """Return how many quarter turns anticlockwise do the same to whole pixels; None if none do."""
    quarters, rest = divmod(angle % 360, 90)
    fits = rest == 0 and (quarters % 2 == 0 or height == width)
    return int(quarters) % 4 if fits else None


def in_pixels(matrix: Affine, height: int, width: int) -> Affine:
    """Return a matrix between points counted from the centre as one between points of pixels.

    These are counted from the outer corner of the top left pixel, as `StepDraw.affine` has it.
    """
    a, b, c, d, e, f = matrix
    x, y = width / 2, height / 2
    return a, b, c + x - a * x - b * y, d, e, f + y - d * x - e * y


def turning_in_pixels(angle: float, height: int, width: int) -> Affine | None:
    """Return `StepDraw.affine` of a turn by `angle` degrees anticlockwise; None for no turn.

    Quarter turns are exact, without the rest that a cosine leaves.
    """
    match quarter_turns(angle, height, width):
        case 0:
            return None
        case 1:
            return in_pixels((0.0, -1.0, 0.0, 1.0, 0.0, 0.0), height, width)
        case 2:
            return in_pixels((-1.0, 0.0, 0.0, 0.0, -1.0, 0.0), height, width)
        case 3:
            return in_pixels((0.0, 1.0, 0.0, -1.0, 0.0, 0.0), height, width)
        case _:
            return in_pixels(turning(angle), height, width)
