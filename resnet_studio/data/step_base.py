"""What all steps of an augmentation pipeline share. No torch here."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

LARGEST_SIDE: Final = 8192
"""What a step may be asked to resize or cut to, in pixels."""
Size = Annotated[
    int, Field(ge=1, le=LARGEST_SIDE, json_schema_extra={"unit": "px", "soft": [16, 512]})
]
Probability = Annotated[float, Field(ge=0, le=1, json_schema_extra={"unit": "", "soft": [0, 1]})]
Triple = tuple[float, float, float]
Level = Annotated[int, Field(ge=0, le=255)]
Colour = tuple[Level, Level, Level]  # red, green, blue
BLACK: Colour = (0, 0, 0)


class StepModel(BaseModel):
    """What all steps share.

    A field's `json_schema_extra` is for forms: `unit` is what the number counts ("px", "°"), `soft`
    the range that people usually choose from, `hard` the allowed range of a pair's two numbers.

    Attributes:
        title: The step's name for a person.
        numbers: How many uniform random numbers the step takes for one picture. The count is
            fixed, whatever is drawn, so that a change of one step's settings leaves the chance of
            the other steps as it was.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: ClassVar[str]
    numbers: ClassVar[int] = 0

    def side_after(self, side: int | None) -> int | None:
        """Return the side of the square picture that leaves the step.

        Args:
            side: The side of the square that enters; None where it depends on the picture.
        """
        return side

    def least_after(self, least: int | None) -> int | None:
        """Return the least shorter side that pictures can have after the step.

        Args:
            least: The least shorter side that pictures can have before it; None if unknown.

        Raises:
            ValueError: A picture as small as that cannot pass; the message is for a person.
        """
        side = self.side_after(None)
        return least if side is None else side
