"""
Reads the messages that are too large to be stored, with little memory to be had, and prints what became of each.

A program of its own, for the bound on memory holds for the whole process.
"""

import json
import resource
import time
from pathlib import Path

from tests.corpus.container import pack
from tests.corpus.good import good
from tests.corpus.make_corpus import STORED_BYTES, all_messages
from tests.corpus.reading import SHOWN, Reader, make_event_maker
from tests.message.wire import as_message, make_message

# A message's own bytes, a picture of 100 megapixels with its 8-bit copy and its JPEG, or 256 MB of values and their
# event; of what the messages announce, the smallest is larger.
ROOM_BYTES = 700 * 2**20


def main() -> None:
    """Print a JSON list of [folder, name, what became of it, CPU seconds], a line per message."""
    giants = [(kind, name, parts) for kind, name, parts in all_messages() if len(pack(parts)) > STORED_BYTES]
    make_event = make_event_maker()
    fine = make_message(*good())
    assert Reader(make_event).read(fine) == SHOWN
    # Address space: all that is mapped now, used or not, is no part of the room.
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + ROOM_BYTES, mapped + ROOM_BYTES))
    for kind, name, parts in giants:
        reader = Reader(make_event)
        message = as_message(parts)
        began = time.process_time()
        became = reader.read(message)
        seconds = time.process_time() - began
        assert reader.read(fine) == SHOWN
        print(json.dumps([kind, name, became, round(seconds, 3)]), flush=True)


if __name__ == "__main__":
    main()
