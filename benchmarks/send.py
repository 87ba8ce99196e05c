"""
A camera that costs next to nothing: publishes messages whose images were compressed beforehand.

    python -m benchmarks.send WIDTH HEIGHT HERTZ       prints its port, and sends until it is told to end
"""

import hashlib
import json
import sys
import time

import numpy as np
import zmq
from bsread.data.compression import BitshuffleLZ4

from mjpeg_viewer.simulator import Beam

IMAGES = 16


def main() -> None:
    """Send; only the main header, a line of JSON, is made anew for each message."""
    width, height, hertz = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    beam = Beam(width, height, "uint16", seed=1)
    images = [np.asarray(beam.values(number, 1 / hertz)["image"]) for number in range(IMAGES)]
    blobs = [zmq.Frame(bytes(BitshuffleLZ4.pack_data(image, image.dtype))) for image in images]
    channel = {"name": "image", "type": "uint16", "shape": [width, height], "compression": "bitshuffle_lz4"}
    header = json.dumps({"htype": "bsr_d-1.1", "channels": [channel]}).encode()
    digest = hashlib.md5(header).hexdigest()
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
        sender.send_multipart([json.dumps(main_header).encode(), header, blobs[number % IMAGES], stamp], copy=False)
        number += 1
        due += 1 / hertz
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
