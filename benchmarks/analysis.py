"""
What the measures of a picture cost.

    python -m benchmarks.analysis
"""

import time
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.meter import machine
from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging import MEASURES, analyse
from mjpeg_viewer.simulator import Beam

ROUNDS = 25

ASKED = {
    "everything": MEASURES,
    "centre and rms": tuple(name for name in MEASURES if name.endswith(("_mass", "_rms"))),
    "`x_fwhm` alone": ("x_fwhm",),
    "`max_value` alone": ("max_value",),
    "`histogram` alone": ("histogram",),
}


def milliseconds(call: Callable[[], object]) -> float:
    """Time a call by this thread's CPU; the median of all rounds."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.thread_time()
        call()
        taken.append(1e3 * (time.thread_time() - begin))
    return sorted(taken)[ROUNDS // 2]


def row(name: str, image: Image) -> str:
    """Return one line of the table."""
    cells = (milliseconds(partial(_ask, image, names)) for names in ASKED.values())
    return f"| {name} | " + " | ".join(f"{cell:.1f}" for cell in cells) + " |"


def _ask(image: Image, names: tuple[str, ...]) -> None:
    analysis = analyse(image)
    for name in names:
        analysis[name]


def main() -> None:
    """Print the table of docs/analysis.md."""
    print(machine())
    print(f"| ms of CPU | {' | '.join(ASKED)} |")
    print("|---|---|---|---|---|---|")
    for width, height, dtype in (
        (640, 480, "float64"),
        (1280, 1024, "uint8"),
        (1280, 1024, "uint16"),
        (2560, 2160, "uint16"),
        (2560, 2160, "float64"),
    ):
        image = np.asarray(Beam(width, height, dtype, seed=1).values(0)["image"])
        print(row(f"{width} x {height} {dtype}", image))
    noise = np.random.default_rng(1)
    print(row("1280 x 1024 uint16, noise alone", noise.integers(90, 110, (1024, 1280), np.uint16)))
    print(row("1280 x 1024 uint8, colour", noise.integers(90, 110, (1024, 1280, 3), np.uint8)))


if __name__ == "__main__":
    main()
