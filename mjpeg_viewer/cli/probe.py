"""mjpeg-viewer probe: what a stream carries."""

import argparse
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from mjpeg_viewer.errors import MessageError, ViewerError
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.message import Message
from mjpeg_viewer.message.header import shown
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
    heard = _listen(source, args.time)
    intake = source.intake
    if not intake.received:
        status = judge(intake, (), source.address, 0.0, time.time())
        raise ViewerError(f"{url}: {status.reason}")
    rate, byte_rate = intake.received / args.time, intake.received_bytes / args.time
    print(f"{url}: {intake.received} messages in {args.time:g} s ({rate:.1f} Hz, {byte_rate / 1e6:.2f} MB/s)")
    for trouble, count in heard.troubles.most_common():
        print(f"{count} of them cannot be read: {trouble}")
    if heard.frame is None:
        return 1
    print("\n".join(_describe(heard.frame)))
    return 0


@dataclass
class _Heard:
    """The last frame that could be read, and why others could not."""

    frame: Frame | None = None
    troubles: Counter[str] = field(default_factory=Counter)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:  # also what is no number: nan compares false
        raise argparse.ArgumentTypeError(f"{text!r} is no time to listen; expected above 0, and 3600 s at most")
    return seconds


def _listen(source: Source, seconds: float) -> _Heard:
    """Receive for so long."""
    heard = _Heard()
    death: Future[None] = Future()

    def read(message: Message) -> bool:
        try:
            heard.frame = source.decode(message)
        except MessageError as error:
            heard.troubles[str(error)] += 1
        return True

    source.start(read, death.set_exception)
    try:
        death.result(seconds)
    except TimeoutError:
        pass
    finally:
        source.stop()
    return heard


def _describe(frame: Frame) -> Iterable[str]:
    info = frame.image_info
    yield f"pulse id {frame.pulse_id}, global time {_show_time(frame.timestamp)}"
    if info is None:
        yield f"no picture: {frame.no_image}"
    else:
        size = f"{info.width} x {info.height} pixels, {info.dtype}"
        yield f"picture: {_show_name(info.channel)}, {size}{_show_picture(frame)}"
    rows = [("channel", "type", "shape", "compression", "value")]
    for channel in frame.channels:
        shape = " x ".join(map(str, channel.shape))
        kind = channel.type + (", big-endian" if channel.encoding == "big" else "")
        rows.append((_show_name(channel.name), kind, shape, channel.compression, _show_value(frame, channel.name)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _show_name(name: str) -> str:
    # As it stands where that is harmless: a sender must not write to the terminal of whoever looks at it.
    return name if name.isprintable() and len(name) <= 60 else shown(name)


def _show_picture(frame: Frame) -> str:
    try:
        image = frame.decode_image()
    except MessageError as error:
        return f", but it cannot be decoded: {error}"
    return f", values {image.min():g} to {image.max():g}"


def _show_time(timestamp: float | None) -> str:
    if timestamp is None:
        return "not given"
    return f"{timestamp:.6f} ({time.time() - timestamp:+.3f} s ago)"


def _show_value(frame: Frame, name: str) -> str:
    if name not in frame.values:
        return "the picture"
    try:
        value = frame.values[name]
    except MessageError as error:
        return f"cannot be decoded: {error}"
    if isinstance(value, np.ndarray):
        return f"{value.min():g} to {value.max():g}" if value.size else "no elements"
    return "none in this message" if value is None else f"{value!r:.60}"
