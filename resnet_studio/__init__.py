"""ResNet Studio: see why residual networks work.

Importing the package imports nothing else: the window must be painted before torch, numpy or
even pydantic is loaded (see the start-up order in `resnet_studio.gui.app`).
"""

from __future__ import annotations

__version__ = "0.1.0"
