"""
What a picture costs beside its floors, and beside what people write today.

The floor is libjpeg-turbo's own compressor, in C, on the very 8-bit pixels.  All calls of a case are made in turn, so
that whatever the machine does meets all, but for what people write today: that comes at the end, for matplotlib leaves
caches and memory behind in which whatever is next takes up to twice as long.  What is told is CPU time of the thread
that works.

    make bench-pictures
"""

import base64
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.decode import message
from benchmarks.meter import build, machine, middle, running
from mjpeg_viewer.cli.memory import keep_memory
from mjpeg_viewer.imaging import make_leveller, render
from mjpeg_viewer.imaging.grey import to_8_bit
from mjpeg_viewer.message import MessageParser
from mjpeg_viewer.pictures import PictureMaker
from mjpeg_viewer.rendition import Rendition
from mjpeg_viewer.simulator import Beam

try:
    from matplotlib.figure import Figure
except ImportError:
    Figure = None

ROUNDS, PEER_ROUNDS = 21, 9
CASES = [(640, 480, "float64"), (1280, 1024, "uint16"), (2560, 2160, "uint16")]


def make_images(width: int, height: int, dtype: str, textured: bool) -> list[np.ndarray]:
    """Return some images that follow each other: a beam, or something with structure down to the pixel."""
    if not textured:
        beam = Beam(width, height, dtype, seed=1)
        return [np.asarray(beam.values(number, 0.01)["image"]) for number in range(4)]
    random = np.random.default_rng(1)
    coarse = random.normal(0, 300, (height // 4 + 1, width // 4 + 1)).repeat(4, 0).repeat(4, 1)[:height, :width]
    return [(coarse + random.normal(2000, 200, (height, width))).clip(0, 4095).astype(dtype) for _ in range(4)]


class Ours:
    """What a picture encoder does with decoded images."""

    def __init__(self, images: list[np.ndarray], rendition: Rendition) -> None:
        self._images = images
        self._rendition = rendition
        self._leveller = make_leveller(rendition)
        self._number = 0

    def __call__(self) -> bytes:
        """Make the next picture, 10 ms later."""
        self._number += 1
        image = self._images[self._number % len(self._images)]
        return render(image, self._rendition, self._leveller.follow(image, self._number * 0.01))


@contextmanager
def floor_of_jpeg(pixels: np.ndarray, quality: int) -> Iterator[Callable[[], float]]:
    """Run the C program on these pixels; what is yielded returns the seconds that one picture took it."""
    height, width = pixels.shape
    program = build("compress_grey.c", "-ljpeg")
    with tempfile.NamedTemporaryFile() as file:
        file.write(pixels.tobytes())
        file.flush()
        with running(program, str(width), str(height), str(quality), file.name) as process:

            def compress() -> float:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write("\n")
                process.stdin.flush()
                return int(process.stdout.readline().split()[0]) / 1e9

            yield compress


def seconds(call: Callable[[], object]) -> float:
    """Time one call by this thread's CPU."""
    begin = time.thread_time()
    call()
    return time.thread_time() - begin


def scale(image: np.ndarray, low: float, high: float) -> np.ndarray:
    """Do the least that takes pixels to 8 bit by OpenCV, with levels that are known."""
    factor = 255 / (high - low)
    return cv2.convertScaleAbs(cv2.max(image, np.array([low])), None, factor, -low * factor)


def png_in_base64(image: np.ndarray) -> bytes:
    """Do what a quick page does: normalise with numpy, PNG, base64."""
    grey = ((image - image.min()) / (image.max() - image.min()) * 255).astype(np.uint8)
    return base64.b64encode(cv2.imencode(".png", grey)[1].tobytes())


def matplotlib_figure(image: np.ndarray) -> bytes:
    """Do what a quick script does: a figure, saved for each frame."""
    figure = Figure()
    figure.add_subplot().imshow(image)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def measure(width: int, height: int, dtype: str, textured: bool) -> None:
    """Print what a picture of ours costs, beside its floors."""
    images = make_images(width, height, dtype, textured)
    grey = Rendition()
    levels = make_leveller(grey).follow(images[0], 0.0)
    sent, bare_decode = message(images[0], "bitshuffle_lz4")
    parser, maker = MessageParser(), PictureMaker("camera", grey)
    calls: dict[str, Callable[[], Any]] = {
        "ours": Ours(images, grey),
        "colour": Ours(images, Rendition(colormap="viridis")),
        "message": lambda: maker(parser.parse(sent)),
        "decode": bare_decode,
        "scale": partial(scale, images[0], levels.low, levels.high),
    }
    with floor_of_jpeg(to_8_bit(images[0], levels), grey.quality) as floor:
        ms = take_turns({"floor": floor, **{name: partial(seconds, call) for name, call in calls.items()}}, ROUNDS)
    floors = ms["decode"] + ms["scale"] + ms["floor"]
    print(
        f"  {width} x {height} {dtype:<7} {'texture' if textured else 'beam':<7}"
        f"  floor {ms['floor']:5.2f}  ours {ms['ours']:5.2f} = {ms['ours'] / ms['floor']:.2f}"
        f"  coloured {ms['colour']:5.2f} = {ms['colour'] / ms['ours']:.2f} grey"
        f"  message to JPEG {ms['message']:5.2f} = {ms['message'] / floors:.2f} of its floors {floors:5.2f}"
    )


def measure_peers(width: int, height: int, dtype: str, textured: bool) -> None:
    """Print what others' costs, beside ours."""
    images = make_images(width, height, dtype, textured)
    ours = take_turns({"ours": partial(seconds, Ours(images, Rendition()))}, ROUNDS)["ours"]
    peers = {"PNG in base64": png_in_base64} | ({"matplotlib": matplotlib_figure} if Figure else {})
    theirs = take_turns({name: partial(seconds, partial(call, images[0])) for name, call in peers.items()}, PEER_ROUNDS)
    print(
        f"  {width} x {height} {dtype:<7} {'texture' if textured else 'beam':<7}"
        + "".join(f"  {name} {taken:.1f} = {taken / ours:.0f} ours" for name, taken in theirs.items())
    )


def take_turns(calls: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Make each call once in each round; return the medians of the seconds that they return, in ms."""
    for call in calls.values():
        call()
    taken = [{name: call() for name, call in calls.items()} for _ in range(rounds)]
    return {name: middle([one[name] for one in taken]) * 1000 for name in calls}


def measure_threads() -> None:
    """Print how much sooner two renditions are made by two threads than by one."""
    images = make_images(1280, 1024, "uint16", textured=False)
    ratios = []
    for _ in range(ROUNDS):
        both = [Ours(images, Rendition()), Ours(images, Rendition(quality=70))]
        one = sum(elapsed(ours) for ours in both)
        with ThreadPoolExecutor(len(both)) as threads:
            ratios.append(one / max(threads.map(elapsed, both)))
    ratios.sort()
    print(
        f"  two renditions of 1280 x 1024 uint16 on two threads: {middle(ratios):.2f} x one"
        f" ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


def elapsed(call: Callable[[], object], times: int = 50) -> float:
    """
    Make a call many times; return the seconds that passed, less those in which other programs had the processor.

    What the thread waited for another one that had Python's lock counts in full.
    """
    stat = Path("/proc/thread-self/schedstat")  # proc(5): ns on a processor, ns ready for one that was taken
    begin, kept = time.perf_counter(), int(stat.read_text().split()[1])
    for _ in range(times):
        call()
    return time.perf_counter() - begin - (int(stat.read_text().split()[1]) - kept) / 1e9


def main() -> None:
    """Print a table of ms of CPU per picture."""
    keep_memory()  # as the server does
    print(f"pictures, ms of CPU, median of {ROUNDS} in turn; {machine()}")
    cases = [(*case, textured) for case in CASES for textured in (False, True)]
    for case in cases:
        measure(*case)
    measure_threads()
    print(
        "what people write today"
        + ("" if Figure else ", without matplotlib: it is not installed (pip install matplotlib)")
    )
    for case in cases:
        measure_peers(*case)


if __name__ == "__main__":
    main()
