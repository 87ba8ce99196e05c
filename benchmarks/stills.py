"""
What exact copies and backgrounds cost beside the JPEG of the same image.

    make bench-stills
"""

import time
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from benchmarks.meter import machine, middle
from mjpeg_viewer.imaging import Averaging, encode_npy, encode_png
from mjpeg_viewer.simulator import Beam

ROUNDS = 15
SIZES = [(1280, 1024, "uint16"), (2560, 2160, "uint16"), (1280, 1024, "uint8"), (640, 480, "float64")]


def seconds(call: Callable[[], object]) -> float:
    """Time one call; process time, so that other work on the machine counts less."""
    begin = time.process_time()
    call()
    return time.process_time() - begin


def calls(width: int, height: int, dtype: str) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name; the JPEG of the same pixels, scaled already, is the first."""
    image = Beam(width, height, dtype, seed=1).values(0)["image"]
    assert isinstance(image, np.ndarray)
    grey = (image / (image.max() / 255)).astype(np.uint8)
    background = Averaging(1).add(image, 0.0)
    assert background is not None
    averaging = Averaging(1000)
    found: dict[str, Callable[[], object]] = {
        "JPEG": partial(cv2.imencode, ".jpg", grey, (cv2.IMWRITE_JPEG_QUALITY, 85)),
        "npy": partial(encode_npy, image),
        "one frame more into a background": partial(averaging.add, image, 0.0),
        "subtract the background": partial(background.subtract, image),
    }
    if image.dtype.kind == "u":
        level_1 = (cv2.IMWRITE_PNG_COMPRESSION, 1)
        found["PNG"] = partial(encode_png, image)
        found["PNG, general deflate of level 1"] = partial(cv2.imencode, ".png", image, level_1)
    return found


def main() -> None:
    """Print the table."""
    print(machine())
    for width, height, dtype in SIZES:
        measured = calls(width, height, dtype)
        times: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(ROUNDS):
            for name, call in measured.items():
                times[name].append(seconds(call))
        jpeg = middle(times["JPEG"])
        for name, spent in times.items():
            print(f"{width} x {height} {dtype}: {name}: {1e3 * middle(spent):.2f} ms, {middle(spent) / jpeg:.2f} JPEGs")


if __name__ == "__main__":
    main()
