"""What overlays, cards and dimmed pictures cost: milliseconds of CPU each.  python -m benchmarks.overlays"""

import time
from collections.abc import Callable
from typing import get_args

import numpy as np

from benchmarks.meter import middle
from mjpeg_viewer.imaging import Facts, Levels, card, dim, render
from mjpeg_viewer.imaging.overlay import draw
from mjpeg_viewer.rendition import Overlay, Rendition

SIZES = ((480, 640), (1024, 1280), (2160, 2560))
LINES = ["beam", "no data for 12 s", "nobody answers at tcp://gasu-cam1:9999; next try in 2 s"]


def main() -> None:
    """Print one row for each thing that is drawn, one column for each size."""
    print("| | " + " | ".join(f"{width} × {height}" for height, width in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    columns = [measure_size(height, width) for height, width in SIZES]
    for name in columns[0]:
        print(f"| {name} | " + " | ".join(f"{column[name]:.2f}" for column in columns) + " |")


def measure_size(height: int, width: int) -> dict[str, float]:
    """Return what each thing costs in a picture of that size."""
    image = make_image(height, width)
    levels, facts = Levels(100.0, 3200.0), Facts("beam", 12345678901, time.time(), width, height)
    picture = np.zeros((height, width), np.uint8)
    jpeg = render(image, Rendition(), levels)
    costs = {
        f"`{word}`": measure(lambda word=word: draw(picture, image, Rendition(overlay=(word,)), facts))  # type: ignore[misc]
        for word in get_args(Overlay)
    }
    costs["for comparison: the picture without"] = measure(lambda: render(image, Rendition(), levels))
    costs["last picture dimmed, once a second"] = measure(lambda: dim(jpeg, LINES))
    costs["card, once a second"] = measure(lambda: card(width, height, LINES))
    return costs


def measure(work: Callable[[], object], repeats: int = 25) -> float:
    """Return the median of what some work costs, in milliseconds of CPU."""
    work()
    costs = []
    for _ in range(repeats):
        begin = time.process_time()
        work()
        costs.append(time.process_time() - begin)
    return 1000 * middle(costs)


def make_image(height: int, width: int) -> np.ndarray:
    """A tilted spot on a noisy ground, in 16 bits."""
    y, x = np.mgrid[0.0:height, 0.0:width]
    x, y = x / width - 0.6, y / height - 0.45
    spot = 3000 * np.exp(-0.5 * (((x + y) / 0.08) ** 2 + ((x - y) / 0.05) ** 2))
    return (200 + spot + np.random.default_rng(1).normal(0, 30, (height, width))).astype(np.uint16)


if __name__ == "__main__":
    main()
