"""The package is light: a fresh interpreter draws a network without torch, numpy or Qt."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, pkgutil, importlib, sys
import resnet_studio.architecture as package
for module in pkgutil.iter_modules(package.__path__):
    importlib.import_module(f"{package.__name__}.{module.name}")
from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import build_graph
graph = build_graph(CATALOG["resnet50"].spec)
for name in ("seresnet18", "cifar_highway20", "wrn28_10_dropout", "tutorial96", "resnet18d"):
    build_graph(CATALOG[name].spec)
tops = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"parameters": graph.parameters, "modules": tops}))
"""


def test_a_network_is_drawn_without_torch_numpy_or_qt():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True, timeout=60
    )
    answer = json.loads(done.stdout)
    assert answer["parameters"] == 25_557_032
    heavy = {"torch", "torchvision", "numpy", "PySide6", "pyqtgraph", "PIL", "sklearn"}
    assert not heavy & set(answer["modules"])
