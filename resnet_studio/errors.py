"""The errors that a person may meet, each with a sentence to show and a remedy.

Core code raises these; the window shows them as a message and the command line prints them as
one line. Everything else that is raised is a defect of the program and is logged with its
traceback.
"""

from __future__ import annotations


class StudioError(Exception):
    """Something went wrong that the person can understand and mend.

    Attributes:
        message: What happened, naming the file, field or value.
        remedy: What to do about it; empty where nothing can be done.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class SpecError(StudioError):
    """A network specification that cannot be built.

    Attributes:
        field: Name of the field of `NetworkSpec` that is at fault; empty for the whole.
    """

    def __init__(self, message: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.field = field


class PictureError(StudioError):
    """A picture that cannot be opened or shown."""


class DataError(StudioError):
    """A data set that cannot be used for training."""


class CheckpointError(StudioError):
    """A file of weights that is broken, foreign, hostile or of another network."""


class DownloadError(StudioError):
    """A download that failed, or whose content is not what was promised."""


class DeviceError(StudioError):
    """A device that is missing, or has too little memory."""


class RunError(StudioError):
    """A training run that cannot be started, continued or opened."""


class ExportError(StudioError):
    """A file that cannot be exported, or that does not equal the network it was made from."""


class Cancelled(Exception):  # noqa: N818 - not an error: the person asked for it
    """Raised inside long work when the person cancelled it; never shown."""
