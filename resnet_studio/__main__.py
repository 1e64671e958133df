"""Lets `python -m resnet_studio` do what the `resnet-studio` command does."""

from __future__ import annotations

import sys

from resnet_studio.cli import main

if __name__ == "__main__":
    sys.exit(main())
