"""
What parsing and decoding cost beside the bare decompressor, and what a header costs that changes.

    make bench-ingest
"""

import json
import time
from collections.abc import Callable
from functools import partial

import bitshuffle
import lz4.block
import numpy as np
from bsread.data.compression import BitshuffleLZ4

from benchmarks.meter import machine, middle
from mjpeg_viewer.message import Message, MessageParser
from mjpeg_viewer.simulator import Beam

ROUNDS = 31


def message(image: np.ndarray, compression: str) -> tuple[Message, Callable[[], object]]:
    """Return a message with one image, and the bare call that decodes the same bytes."""
    height, width = image.shape
    header = {"name": "image", "type": image.dtype.name, "shape": [width, height], "compression": compression}
    if compression == "bitshuffle_lz4":
        blob = BitshuffleLZ4.pack_data(image, image.dtype)
        body = np.frombuffer(blob, np.uint8, offset=12)
        block = int.from_bytes(blob[8:12], "big") // image.itemsize
        bare = partial(bitshuffle.decompress_lz4, body, image.shape, image.dtype, block)
    elif compression == "lz4":
        packed = lz4.block.compress(image.tobytes(), store_size=False)
        blob = image.nbytes.to_bytes(4, "little") + packed
        bare = partial(lz4.block.decompress, packed, uncompressed_size=image.nbytes)
    else:
        blob = image.tobytes()
        bare = partial(np.frombuffer, blob, image.dtype)
    return wrap([header], [blob, bytes(16)]), bare


def wrap(channels: list[dict[str, object]], blobs: list[bytes]) -> Message:
    """Return a message with these channels and blobs."""
    main = json.dumps({"htype": "bsr_m-1.1", "pulse_id": 1, "hash": "", "global_timestamp": {"sec": 1, "ns": 1}})
    data = json.dumps({"htype": "bsr_d-1.1", "channels": channels})
    parts = [memoryview(part) for part in (main.encode(), data.encode(), *blobs)]
    return Message(parts, 1, 0.0, sum(part.nbytes for part in parts))


def decode(parser: MessageParser, sent: Message) -> object:
    """Do what the viewer does with a message."""
    return parser.parse(sent).decode_image()


def seconds(call: Callable[[], object]) -> float:
    """Time one call; process time, so that other work on the machine counts less."""
    begin = time.process_time()
    call()
    return time.process_time() - begin


def main() -> None:
    """Print two tables."""
    print(f"parse and decode one image, {ROUNDS} rounds in turn, CPU; {machine()}")
    for width, height in ((1280, 1024), (2560, 2160)):
        image = np.asarray(Beam(width, height, "uint16", seed=1).values(1, 0.01)["image"])
        for compression in ("none", "lz4", "bitshuffle_lz4"):
            sent, bare = message(image, compression)
            parser = MessageParser()
            ours = partial(decode, parser, sent)
            seconds(ours), seconds(bare)
            pairs = [(seconds(ours), seconds(bare)) for _ in range(ROUNDS)]
            mine, floor = middle([a for a, _ in pairs]), middle([b for _, b in pairs])
            print(
                f"  {width} x {height} uint16 {compression:<15} {mine * 1000:6.2f} ms   bare {floor * 1000:6.2f} ms"
                f"   ratio {mine / floor:.2f}   difference {(mine - floor) * 1e6:4.0f} µs"
            )
    channels = [[{"name": f"CHANNEL-{i}:{n}", "type": "float64", "shape": [1]} for i in range(1000)] for n in (0, 1)]
    changing = [wrap(names, [bytes(8), bytes(16)] * 1000) for names in channels]
    parser = MessageParser()
    changes = [seconds(partial(parser.parse, changing[i % 2])) for i in range(ROUNDS)]
    same = [seconds(partial(parser.parse, changing[0])) for _ in range(ROUNDS)]
    print(f"  header of 1000 channels: changed {middle(changes) * 1000:.2f} ms, unchanged {middle(same) * 1000:.3f} ms")


if __name__ == "__main__":
    main()
