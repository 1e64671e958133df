"""What all steps of an augmentation pipeline share. No torch here."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

Size = Annotated[int, Field(ge=1, le=8192)]
Triple = tuple[float, float, float]


class StepModel(BaseModel):
    """What all steps share.

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

        Raises:
            ValueError: A picture of that side cannot pass; the message is for a person.
        """
        return side
