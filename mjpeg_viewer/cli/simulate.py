"""
mjpeg-viewer simulate: a bsread camera for trying things out.

Reads its options, sends until told to end, and says where.  What is sent is simulator/'s.
"""

import argparse
import errno
import math
import os
import re
import signal
import sys
import threading
from types import FrameType

from mjpeg_viewer.errors import ViewerError
from mjpeg_viewer.simulator import COMPRESSIONS, DTYPES, MODES, Beam, BindError, Simulator
from mjpeg_viewer.simulator.beam import MAX_SIDE

# What libzmq says of a host that is no address of this machine: ENODEV for what it cannot parse, EADDRNOTAVAIL for
# another's.
NO_SUCH_ADDRESS = {errno.ENODEV, errno.EADDRNOTAVAIL, errno.EINVAL}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand with its options; `run` becomes the namespace's `run`."""
    parser = subparsers.add_parser(
        "simulate",
        help="send a simulated camera as a bsread stream",
        description="Send a simulated camera, a wandering Gaussian beam, as a bsread stream. "
        "Images that nobody takes are dropped.",
    )
    add = parser.add_argument
    add(
        "-H",
        "--host",
        default="127.0.0.1",
        help="IP address to bind to, 0.0.0.0 for all of them (default: %(default)s)",
    )
    add(
        "-o", "--output-port", type=_port, default=8888, metavar="PORT",
        help="TCP port to bind to, 0 for a free one (default: %(default)s)",
    )  # fmt: skip
    add(
        "-n", "--n-images", type=_count, default=-1, metavar="N",
        help="images to send, then end; -1 for no end (default: %(default)s)",
    )  # fmt: skip
    add(
        "-d", "--delay", type=_delay, default=0.1, metavar="SECONDS",
        help="from one image to the next; 0 for as fast as it goes (default: %(default)s)",
    )  # fmt: skip
    add(
        "--mode", choices=list(MODES), default="push",
        help="push shares the images out among receivers, pub gives all to each (default: %(default)s)",
    )  # fmt: skip
    add(
        "--size", type=_size, default="640x480", metavar="WIDTHxHEIGHT",
        help="of the image, in pixels (default: %(default)s)",
    )  # fmt: skip
    add(
        "--dtype", choices=list(DTYPES), default="float64", metavar="TYPE",
        help=f"of the pixels: {', '.join(DTYPES)} (default: %(default)s)",
    )  # fmt: skip
    add("--compression", choices=COMPRESSIONS, default="none", help="of all channels (default: %(default)s)")
    add("--counter", action="store_true", help="paint each image's pulse id into its top left corner, for tests")
    add("--seed", type=int, help="make the same images each time")
    # For a program that starts this one: to end with it, however it ends.
    add("--until-eof", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """
    Send until there are enough images, Ctrl-C or SIGTERM.

    Returns:
        The exit status: 0 also where a signal was what ended it.  1, after a line on stderr, where it cannot send.
    """
    width, height = args.size
    try:
        beam = Beam(width, height, args.dtype, counter=args.counter, seed=args.seed)
    except ViewerError as error:
        return _fail(f"{error}", status=2)
    try:
        simulator = Simulator(beam, host=args.host, port=args.output_port, mode=args.mode, compression=args.compression)
    except BindError as error:
        option = "-H" if error.errno in NO_SUCH_ADDRESS else "-o"
        return _fail(f"{error}; choose another with {option}", status=1)
    with simulator:

        def end(_signal: int, _frame: FrameType | None) -> None:
            simulator.stop()

        if args.until_eof:
            threading.Thread(target=_stop_at_eof, args=(simulator,), name="until-eof", daemon=True).start()
        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            images = f"{width}x{height} {args.dtype} images"
            pace = f"every {args.delay:g} s" if args.delay else "as fast as it goes"
            print(f"simulate: sending {images} on {simulator.url} ({args.mode}, {pace}); Ctrl-C ends", flush=True)
            simulator.run(args.n_images, args.delay)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return 0


def _stop_at_eof(simulator: Simulator) -> None:
    """End the sending when nobody holds the other end of stdin any more."""
    # Not through sys.stdin: a thread that waits there holds a lock that the interpreter's end would have to have.
    while os.read(0, 1024):
        pass
    simulator.stop()


def _fail(text: str, status: int) -> int:
    print(f"simulate: {text}", file=sys.stderr)
    return status


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})[xX](\d{1,5})", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; expected WIDTHxHEIGHT, e.g. 640x480")
    width, height = int(found[1]), int(found[2])
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise argparse.ArgumentTypeError(f"{text!r} is no size; expected 1 to {MAX_SIDE} pixels each way")
    return width, height


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; expected 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = -2
    if count < -1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of images; expected 0 or more, or -1 for no end")
    return count


def _delay(text: str) -> float:
    try:
        delay = float(text)
    except ValueError:
        delay = math.nan
    if not 0 <= delay <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no delay; expected 0 to 3600 s")
    return delay
