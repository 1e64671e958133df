"""Run by torchrun in tests: tells which process it is, then waits until it is told to stop.

It tells the port that is its first argument. Its second argument is what it does: "wait", "fail"
(with a sentence) or "ignore" (SIGTERM).
"""

from __future__ import annotations

import os
import signal
import socket
import sys


def main(port: int, how: str) -> int:
    rank = os.environ["RANK"]
    if how == "fail":
        sys.stderr.write(f"resnet-studio: process {rank} has no data.\n")
        return 1
    handled = []
    signal.signal(
        signal.SIGTERM, signal.SIG_IGN if how == "ignore" else lambda *_: handled.append(1)
    )
    with socket.create_connection(("127.0.0.1", port)) as told:
        told.sendall(f"{os.getpid()} {os.environ['OMP_NUM_THREADS']}\n".encode())
    while not handled:
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
