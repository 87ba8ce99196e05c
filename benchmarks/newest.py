"""
How old the frame is that a slow encoder takes: a camera of 100 Hz x 2.6 MB against an encoder that takes 200 ms for
each, over a minute.

    make bench-ingest
"""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks.meter import machine, middle, read_line, resident_bytes, running, viewer
from mjpeg_viewer.camera import Camera
from mjpeg_viewer.encoder import Maker
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.mailbox import Mailbox
from mjpeg_viewer.sources import open_source
from mjpeg_viewer.supervisor import Supervisor

SECONDS, RATE, RENDER_SECONDS = 60.0, 100, 0.2
CAMERA = ("--size", "1280x1024", "--dtype", "uint16", "--delay", str(1 / RATE), "--output-port", "0")


class SlowMaker(Maker[float]):
    """Takes as long as a slow renderer, and notes how old each frame was when it began."""

    def __init__(self, ages: list[float]) -> None:
        self._ages = ages

    def __call__(self, frame: Frame) -> float:
        """Return the frame's age in seconds."""
        assert frame.timestamp is not None
        age = time.time() - frame.timestamp
        self._ages.append(age)
        frame.decode_image()
        time.sleep(RENDER_SECONDS)
        return age


async def watch(url: str) -> None:
    """Watch the camera through the slow encoder, and print what came of it."""
    ages: list[float] = []
    supervisor = Supervisor()
    with ThreadPoolExecutor(2) as pool:
        camera = Camera("camera", open_source(url), pool, supervisor)
        camera.start()
        rendered: Mailbox[float] = Mailbox()
        with camera.watch("slow", partial(SlowMaker, ages), rendered):
            for _ in range(10):
                await rendered.take()
            ages.clear()
            memory, sent = resident_bytes(os.getpid()), camera.source.intake.received
            await asyncio.sleep(SECONDS)
            received = camera.source.intake.received - sent
            grown = resident_bytes(os.getpid()) - memory
        await camera.stop()
    pulses = sorted(age * RATE for age in ages)
    print(f"newest frame, {RATE} Hz of 1280 x 1024 uint16, {RENDER_SECONDS * 1000:g} ms to render; {machine()}")
    print(f"  {received} messages in {SECONDS:g} s, {len(pulses)} rendered")
    print(
        f"  pulses behind the newest when rendering began: median {middle(pulses):.1f},"
        f" 99 % {pulses[int(len(pulses) * 0.99)]:.1f}, worst {pulses[-1]:.1f}; memory {grown / 1e6:+.1f} MB"
    )


def main() -> None:
    """Run the camera in a process of its own."""
    with running(*viewer("simulate", *CAMERA)) as camera:
        asyncio.run(watch(read_line(camera, r"(bsread\+pull://\S+)")))


if __name__ == "__main__":
    main()
