"""
The real server with prepared JPEGs: all of the product from the hub on, and nothing of what comes before.

What decoding and encoding cost is measured elsewhere and would only blur what fan-out costs.  So this is
`mjpeg-viewer serve`, with its logins, limits, counters and logs, whose camera publishes JPEGs from files.

    python -m benchmarks.prepared LOOP FPS FILE... -- OPTION...

LOOP is asyncio or uvloop; the options are those of serve.  On SIGUSR1 it prints how many tasks and encoders there are.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.timer import open_timer
from mjpeg_viewer import camera
from mjpeg_viewer.cli import main as command
from mjpeg_viewer.cli import making
from mjpeg_viewer.encoder import Encoder
from mjpeg_viewer.encoders import Encoders
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.message import Message
from mjpeg_viewer.multipart import Picture
from mjpeg_viewer.sources import Intake, Sink


class NoSource:
    """A source of nothing."""

    address = "prepared JPEGs"

    def __init__(self) -> None:
        self.intake = Intake()

    def start(self, sink: Sink, on_death: Callable[[BaseException], None]) -> None:
        """Begin to receive nothing."""

    def stop(self) -> None:
        """End that."""

    def decode(self, message: Message) -> Frame:
        """Never called."""
        raise NotImplementedError


def prepared_encoders(jpegs: list[bytes], fps: float, intake: Intake) -> type[Encoders]:
    """Return encoders that publish these JPEGs in turn, as if the frames came in at so many per second."""

    class PreparedEncoders(Encoders):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._count_out)

        def _count_out(self) -> None:
            print(json.dumps({"tasks": len(asyncio.all_tasks()), "encoders": len(self)}), flush=True)

        async def _run(self, encoder: Encoder[Any], after: int) -> None:
            # Numbers and times are those of the moments when a frame was due, so that one that came too late to be
            # published counts as lost, and one that was published late is old.
            loop = asyncio.get_running_loop()
            start = time.time() - intake.received / fps
            timer = open_timer(1 / fps)

            def publish() -> None:
                number = intake.received + int.from_bytes(os.read(timer, 8), sys.byteorder)
                intake.received, intake.last, intake.connected = number, time.time(), True
                encoder.encoded += 1
                encoder.hub.publish(Picture(jpegs[number % len(jpegs)], number, number, start + number / fps), number)

            loop.add_reader(timer, publish)
            try:
                await loop.create_future()
            finally:
                loop.remove_reader(timer)
                os.close(timer)

    return PreparedEncoders


def main() -> int:
    """Run the server as the command does."""
    split = sys.argv.index("--")
    loop, fps, *files = sys.argv[1:split]
    if loop == "asyncio":
        sys.modules["uvloop"] = None  # type: ignore[assignment]  # to import it fails now, as where it is missing
    jpegs = [Path(name).read_bytes() for name in files]
    source = NoSource()
    camera.Encoders = prepared_encoders(jpegs, float(fps), source.intake)  # type: ignore[misc]
    making.__dict__.update(open_source=lambda *_: source)
    return command(["serve", *sys.argv[split + 1 :]])


if __name__ == "__main__":
    sys.exit(main())
