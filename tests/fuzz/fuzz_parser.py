"""
Fuzzes whole messages: headers, channels, parts, each damaged at its own level.

An input is a message as tests/corpus keeps it, so a finding can be looked at, sent, and kept as it is.

    python -m tests.fuzz.fuzz_parser -max_total_time=900
"""

import random

from tests.fuzz.engine import atheris, fuzz

with atheris.instrument_imports(include=["mjpeg_viewer"]):
    from mjpeg_viewer.message import Limits
    from tests.corpus.reading import SHOWN, Reader, make_event_maker

from tests.corpus.container import pack, stored, unpack
from tests.corpus.good import good
from tests.fuzz.mutation import mutate_message
from tests.message.wire import as_message, make_message, make_parts

LARGEST = 12_000
"""Size of an input, in bytes."""

# Small enough that an allowed message takes no time, large enough that none of the rules is out of reach.
_LIMITS = Limits(value_bytes=2**18, channels=50, header_bytes=2**16, string_bytes=2**12)

_make_event = make_event_maker()
_good = make_message(*good())


def read_one(data: bytes) -> None:
    """A message between two good ones, neither of which may notice."""
    reader = Reader(_make_event, _LIMITS)
    assert reader.read(_good) == SHOWN
    reader.read(as_message(unpack(data), 2))
    assert reader.read(_good) == SHOWN


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Change a message; now and then the file that it lies in."""
    dice = random.Random(seed)
    parts = unpack(data)
    if not parts or dice.random() < 0.05:
        return bytes(atheris.Mutate(data, max_size))
    packed = pack(mutate_message(parts, dice, lambda part, most: bytes(atheris.Mutate(part, most))))
    return packed if len(packed) <= max_size else data


if __name__ == "__main__":
    seeds = [pack(make_parts(*good())), *(pack(parts) for _, _, parts in stored())]
    fuzz("parser", read_one, seeds, LARGEST, mutate)
