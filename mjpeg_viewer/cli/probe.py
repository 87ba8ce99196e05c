"""mjpeg-viewer probe: what a stream carries."""

import argparse
import time
from collections.abc import Iterable
from concurrent.futures import Future

import numpy as np

from mjpeg_viewer.errors import MessageError, ViewerError
from mjpeg_viewer.frame import Frame, Value
from mjpeg_viewer.message import Message
from mjpeg_viewer.sources import Source, open_source
from mjpeg_viewer.status import judge


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand with its options."""
    parser = subparsers.add_parser(
        "probe",
        help="say what a stream carries: channels, types, shapes, rate, and which is the picture",
        description="Listen to a stream for a while and say what it carries.  Mind that a PUSH sender gives each"
        " message to one receiver only: while this listens, others get fewer.",
    )
    parser.add_argument("address", metavar="ADDRESS", help="HOST:PORT, or a source's URL, e.g. bsread+sub://host:9999")
    parser.add_argument(
        "-t", "--time", type=_seconds, default=2.0, metavar="SECONDS", help="how long (default: %(default)s)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Listen, and print what was heard."""
    url = args.address if "://" in args.address else f"bsread+pull://{args.address}"
    source = open_source(url)
    last = _listen(source, args.time)
    intake = source.intake
    if last is None:
        status = judge(intake, (), source.address, 0.0, time.time())
        hint = (
            "; a publisher needs bsread+sub://" if url.startswith("bsread+pull") else "; a pusher needs bsread+pull://"
        )
        raise ViewerError(f"{url}: {status.reason}{hint}")
    rate, byte_rate = intake.received / args.time, intake.received_bytes / args.time
    print(f"{url}: {intake.received} messages in {args.time:g} s ({rate:.1f} Hz, {byte_rate / 1e6:.2f} MB/s)")
    frame = source.decode(last)
    print("\n".join(_describe(frame)))
    return 0


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:  # also what is no number: nan compares false
        raise argparse.ArgumentTypeError(f"{text!r} is no time to listen; expected above 0, and 3600 s at most")
    return seconds


def _listen(source: Source, seconds: float) -> Message | None:
    """Receive for so long; return the last message."""
    last: Message | None = None
    death: Future[None] = Future()

    def keep(message: Message) -> None:
        nonlocal last
        last = message

    source.start(keep, death.set_exception)
    try:
        death.result(seconds)
    except TimeoutError:
        pass
    finally:
        source.stop()
    return last


def _describe(frame: Frame) -> Iterable[str]:
    info = frame.image_info
    if info is None:
        yield f"no picture: {frame.no_image}"
    else:
        yield f"picture: {info.channel}, {info.width} x {info.height} pixels, {info.dtype}"
    yield f"pulse id {frame.pulse_id}, global time {_show_time(frame.timestamp)}"
    for name in frame.values:
        try:
            value = frame.values[name]
        except MessageError as error:
            yield f"  {name:<32} cannot be decoded: {error}"
        else:
            yield f"  {name:<32} {_show_value(value)}"


def _show_time(timestamp: float | None) -> str:
    if timestamp is None:
        return "not given"
    return f"{timestamp:.6f} ({time.time() - timestamp:+.3f} s ago)"


def _show_value(value: Value) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype.name} {list(value.shape)}"
    return "empty" if value is None else f"{type(value).__name__} {value!r:.60}"
