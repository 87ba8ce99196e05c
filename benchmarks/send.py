"""
A camera that costs next to nothing: publishes messages whose images were compressed beforehand.

    python -m benchmarks.send WIDTH HEIGHT HERTZ       prints its port, and sends until it is told to end

With `--values N`, there are N numbers beside the image, new in each message; with `--counter`, the images can be told
from all else (mjpeg_viewer.simulator.read_counter).
"""

import argparse
import hashlib
import json
import time

import numpy as np
import zmq
from bsread.data.compression import BitshuffleLZ4

from mjpeg_viewer.simulator import Beam

IMAGES = 16


def main() -> None:
    """Send; only the main header, a line of JSON, and the values are made anew for each message."""
    parser = argparse.ArgumentParser(prog="benchmarks.send", description="A camera that costs next to nothing.")
    for name, kind in {"width": int, "height": int, "hertz": float}.items():
        parser.add_argument(name, type=kind)
    parser.add_argument("--values", type=int, default=0)
    parser.add_argument("--counter", action="store_true")
    args = parser.parse_args()
    beam = Beam(args.width, args.height, "uint16", seed=1, counter=args.counter)
    images = [np.asarray(beam.values(number, 1 / args.hertz)["image"]) for number in range(IMAGES)]
    blobs = [zmq.Frame(bytes(BitshuffleLZ4.pack_data(image, image.dtype))) for image in images]
    shape = [args.width, args.height]
    channels = [{"name": "image", "type": "uint16", "shape": shape, "compression": "bitshuffle_lz4"}]
    channels += [{"name": f"value_{index:02}", "type": "float64", "shape": [1]} for index in range(args.values)]
    header = json.dumps({"htype": "bsr_d-1.1", "channels": channels}).encode()
    digest = hashlib.md5(header).hexdigest()
    random = np.random.default_rng(1)
    sender = zmq.Context().socket(zmq.PUB)
    sender.sndhwm = 10
    port = sender.bind_to_random_port("tcp://127.0.0.1")
    print(f"sending {len(blobs[0].buffer)} bytes an image on tcp://127.0.0.1:{port}", flush=True)
    due, number = time.monotonic(), 0
    while True:
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        main_header = {
            "htype": "bsr_m-1.1",
            "pulse_id": number,
            "hash": digest,
            "global_timestamp": {"sec": seconds, "ns": nanoseconds},
        }
        stamp = np.array((seconds, nanoseconds), np.int64).tobytes()
        parts: list[bytes | zmq.Frame] = [json.dumps(main_header).encode(), header, blobs[number % IMAGES], stamp]
        for value in random.normal(100, 5, args.values):
            parts += [value.tobytes(), stamp]
        sender.send_multipart(parts, copy=False)
        number += 1
        due += 1 / args.hertz
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
