"""Runs benchmarks by name, or all of them: `python -m tests.benchmarks [NAME ...] [--quick]`.

A ratio is the median of the ratios of the pairs that were measured in turns, with the smallest
and the largest of them. All of them take about half an hour on two quiet processors.
"""

from __future__ import annotations

import argparse

from tests.benchmarks import (
    browser_scroll,
    contention,
    curves,
    data_path,
    drawing,
    drop_to_maps,
    engine_over_bare,
    engine_over_reference,
    first_paint,
    frames,
    gpu,
    growth,
    inside,
    loop_latency,
    memory,
    preview,
    scan,
    training_rate,
)
from tests.benchmarks.common import conditions, without_display

BENCHMARKS = {
    "first_paint": first_paint.main,
    "training_rate": training_rate.main,
    "loop_latency": loop_latency.main,
    "engine_over_bare": engine_over_bare.main,
    "engine_over_reference": engine_over_reference.main,
    "contention": contention.main,
    "curves": curves.main,
    "memory": memory.main,
    "gpu": gpu.main,
    "drop_to_maps": drop_to_maps.main,
    "inside": inside.main,
    "drawing": drawing.main,
    "frames": frames.main,
    "data_path": data_path.main,
    "growth": growth.main,
    "scan": scan.main,
    "preview": preview.main,
    "browser_scroll": browser_scroll.main,
}


def main() -> None:
    """Prints the conditions, then one table after another as they are measured."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"which to run, all if none: {', '.join(BENCHMARKS)}",
    )
    parser.add_argument("--quick", action="store_true", help="few repetitions, to try it out")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    without_display()
    print(conditions(), flush=True)
    for name in options.names or BENCHMARKS:
        print(flush=True)
        BENCHMARKS[name](quick=options.quick)


if __name__ == "__main__":
    main()
