"""
Decodes mutated bitshuffle blobs and prints how many were refused and how many decoded.

A program of its own, because a mistake in what it tests does not raise: it kills.
"""

import json
import random
import struct
import sys

import numpy as np

from mjpeg_viewer.errors import MessageError
from mjpeg_viewer.message import MessageParser
from tests.message.wire import Sent, make_message

ARRAYS = [
    np.arange(60 * 70, dtype=np.uint16).reshape(60, 70),
    np.random.default_rng(1).normal(size=(50, 41)),
    np.random.default_rng(2).integers(0, 256, (33, 200), dtype=np.uint8),
    np.arange(5, dtype=np.int32),  # fits no block: all of it raw
]


def mutate(blob: bytes, dice: random.Random) -> bytes:
    """Damage a blob: where its sizes stand, in the first block's length, anywhere, or in its length as a whole."""
    damaged = bytearray(blob)
    match dice.randrange(6):
        case 0:
            damaged[dice.randrange(min(20, len(blob)))] = dice.randrange(256)
        case 1:
            position = dice.randrange(len(blob))
            damaged[position] ^= 1 << dice.randrange(8)
        case 2:
            for _ in range(dice.randrange(1, 20)):
                damaged[dice.randrange(len(blob))] = dice.randrange(256)
        case 3:
            del damaged[dice.randrange(len(blob)) :]
        case 4:
            struct.pack_into(">I", damaged, 12, dice.choice([0, 1, 2**31, 2**32 - 1, len(blob), dice.getrandbits(32)]))
        case 5:
            number = dice.choice([0, -1, 1, 8, 2**31 - 1, dice.getrandbits(30)])
            struct.pack_into(">i", damaged, 8, number)
    return bytes(damaged)


def main(rounds: int) -> None:
    dice = random.Random(1)
    counts = {"refused": 0, "decoded": 0}
    for number in range(rounds):
        array = ARRAYS[number % len(ARRAYS)]
        sent = Sent("x", array, "bitshuffle_lz4")
        sent.blob = mutate(sent.encoded, dice)
        frame = MessageParser("no picture").parse(make_message(sent))
        try:
            value = frame.values["x"]
        except MessageError:
            counts["refused"] += 1
        else:
            counts["decoded"] += 1
            assert value is None or (value.shape, value.dtype) == (array.shape, array.dtype), number
    print(json.dumps(counts))


if __name__ == "__main__":
    main(int(sys.argv[1]))
