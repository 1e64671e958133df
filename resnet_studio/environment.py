"""What must be set in the process before torch is loaded."""

from __future__ import annotations

import os


def prepare_for_torch() -> None:
    """Lets the threads of OpenMP sleep at a barrier instead of spinning there.

    Spinning threads take the processor from the window and from other programs, and where those
    compete for it, from the very thread that is waited for. Training ResNet-20 on the digits with
    two threads on two busy cores (load 6, four runs in turn) took 32 to 57 s an epoch with the
    default and 8 to 29 s with this. The person's own setting is respected.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
