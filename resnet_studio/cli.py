"""The command line: without a subcommand the window opens.

Nothing heavy is imported before it is known what is asked for: the window must be painted
before anything else is loaded. The subcommands themselves are in `subcommands`.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
SUBCOMMANDS = (
    *("summary", "compare", "inspect", "train", "runs", "classify", "evaluate", "export"),
    *("download", "tour"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `resnet-studio` and returns the exit code.

    Args:
        arguments: Without the program's name; those of the process if None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file name need not be valid Unicode; in JSON the escape of its bytes is valid, too.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _run(words)
        if sys.stdout is not None:
            sys.stdout.flush()  # at the exit it would be too late to say that the disk is full
        return code
    except BrokenPipeError:
        # The reader of our output has gone (`resnet-studio summary resnet50 | head`).
        _drop_output()
        return EXIT_OK
    except OSError as error:
        _drop_output()
        return _complain(_told(error))
    except KeyboardInterrupt:
        return _complain("Interrupted.", code=EXIT_INTERRUPTED)


def _run(words: list[str]) -> int:
    if words and words[0] in ("--version", "-V"):
        from resnet_studio import __version__

        print(f"resnet-studio {__version__}")
        return EXIT_OK
    if words and (words[0] in SUBCOMMANDS or words[0].startswith("-")):
        return _run_subcommand(words)
    if words and not os.path.exists(words[0]):  # noqa: PTH110 - pathlib costs start-up time
        return _complain(
            f"There is no subcommand and no file named {words[0]!r}. "
            f"Subcommands: {', '.join(SUBCOMMANDS)}; see resnet-studio --help.",
            code=EXIT_USAGE,
        )
    return _open_window(words)


def _run_subcommand(words: list[str]) -> int:
    from resnet_studio.environment import prepare_for_torch
    from resnet_studio.errors import StudioError

    prepare_for_torch()
    try:
        from resnet_studio.subcommands import dispatch

        return dispatch(words)
    except StudioError as error:
        return _complain(str(error))
    except ImportError as error:
        from resnet_studio.desktop import import_advice

        return _complain(import_advice(error))


def _open_window(files: list[str]) -> int:
    from resnet_studio import desktop

    if problem := desktop.display_problem():
        return _complain(problem)
    try:
        from resnet_studio.gui.app import run
    except ImportError as error:
        return _complain(desktop.import_advice(error))
    return run(files)


def _told(error: OSError) -> str:
    """Returns what to say of a failure of disk or system that no code below has a word for."""
    reason = error.strerror or str(error)
    if error.filename is not None:
        return f"{error.filename} cannot be used: {reason}."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):  # files are named above
        return f"The output cannot be written: {reason}."
    return f"Reading or writing failed: {reason}."


def _drop_output() -> None:
    """Forgets what cannot be printed any more; the interpreter would try again at its exit."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(sentence: str, *, code: int = EXIT_FAILED) -> int:
    print(f"resnet-studio: {sentence}", file=sys.stderr)
    return code
