"""The corpus: every hostile message becomes what its folder says, and the good one after it is shown."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import zmq
from bsread.data.helpers import get_value_bytes

from mjpeg_viewer.message import MessageParser
from mjpeg_viewer.rendition import Selection
from mjpeg_viewer.simulator.counter import paint_counter
from mjpeg_viewer.wire import Form
from tests.corpus.container import HERE, unpack
from tests.corpus.good import good
from tests.corpus.make_corpus import all_messages, stored_files
from tests.corpus.reading import SHOWN, SPOILT_VALUE, Reader, folder, make_event_maker
from tests.kit import Events, Pictures, run_site, until
from tests.message.wire import Sent, as_message, main_header, make_message, make_parts

ROOT = Path(__file__).parents[2]

# The slowest stored one takes 20 ms; CPU time, so that a busy machine is no fault of a message.
MOST_SECONDS = 0.5

# aiohttp's reader takes no line of more than half a megabyte unless told; an event may have 20 MB.
_LONGEST_EVENT = 2**25


def test_corpus_is_what_its_script_makes():
    """The files are those of the script, byte for byte, and small enough for a repository."""
    made = stored_files()
    found = {path.relative_to(HERE).as_posix(): path.read_bytes() for path in HERE.glob("*/*.msg")}
    assert sorted(found) == sorted(made)
    assert [path for path, packed in made.items() if found[path] != packed] == []
    assert sum(map(len, found.values())) < 1_000_000
    assert len(found) > 600


@pytest.mark.parametrize("kind", sorted({path.split("/")[0] for path in stored_files()}))
def test_hostile_messages_become_what_their_folder_says(kind: str):
    """Each is read after a good one, in time, and the same reader shows the next good one."""
    make_event = make_event_maker()
    wrong = {}
    for path in sorted((HERE / kind).glob("*.msg")):
        reader = Reader(make_event)
        assert reader.read(make_message(*good())) == SHOWN
        message = as_message(unpack(path.read_bytes()), 2)
        began = time.process_time()
        became = reader.read(message)
        if became != kind or time.process_time() - began > MOST_SECONDS:
            wrong[path.stem] = became, time.process_time() - began
        assert reader.read(make_message(*good(), sequence=3)) == SHOWN, path.stem
    assert wrong == {}


def test_giants_take_neither_time_nor_memory():
    """What is too large to be stored is read in 700 MB, though it announces, or grows to, far more."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.corpus.giants"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"exit status {done.returncode}: {done.stdout[-500:]} {done.stderr[-2000:]}"
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) > 10
    assert [result for result in results if result[0] != result[2]] == []
    assert [result for result in results if result[3] > 5] == []


@pytest.mark.parametrize("shape", [[2**20 + 1], [0, 2**20 + 1], [1025, 1024]], ids=str)
def test_array_that_is_asked_for_by_name_has_to_fit_an_event(shape: list[int]):
    """Zeros shrink 255-fold on their way here and grow on their way out; what does not fit is null, with the reason."""
    blob = get_value_bytes(np.zeros(int(np.prod(shape)), np.uint8), "lz4")
    large = Sent("large", 0, "lz4", {"type": "uint8", "shape": shape}, blob)
    make_event = make_event_maker(Selection(("energy", "large")))
    frame = MessageParser().parse(make_message(*good(), large))
    event = make_event(frame).get(Form(None, chunked=False))
    data = json.loads(event.split(b"\ndata: ")[1])
    assert data["values"] == {"energy": 5.5, "large": None}
    assert "still fit the event" in data["errors"]["large"]


class Hostile:
    """A real PUSH socket that sends any parts, and good pictures with a counter painted into them."""

    def __init__(self, socket: "zmq.Socket[bytes]") -> None:
        self._socket = socket
        self.port = socket.bind_to_random_port("tcp://127.0.0.1")
        self.number = 1000  # hostile ones have small pulse ids

    def send(self, parts: list[bytes]) -> None:
        """Send a message as it is."""
        self._socket.send_multipart(parts)

    def send_good(self) -> int:
        """Send a picture with the next number; return that."""
        self.number += 1
        picture = np.full((120, 160), 1000, np.uint16)
        paint_counter(picture, self.number)
        main = main_header(pulse_id=self.number)
        self.send(make_parts(Sent("image", picture, "bitshuffle_lz4"), Sent("energy", self.number / 2), main=main))
        return self.number


@contextmanager
def hostile_sender() -> Iterator[Hostile]:
    """A sender on a free port."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.linger = 1000
        yield Hostile(socket)


async def see_good(sender: Hostile, pictures: Pictures, events: Events) -> None:
    """Send a good picture, and see its number in the next picture and its value in its event."""
    number = sender.send_good()
    assert (await pictures.take()).number == number
    while (data := (await events.take("frame")).data)["pulse_id"] != number:
        pass
    assert data["values"]["energy"] == number / 2


async def test_server_shows_the_good_picture_after_each_hostile_message():
    """A real server with two viewers gets the whole corpus off a real socket: all good pictures arrive in step."""
    sent: Counter[str] = Counter()
    with hostile_sender() as sender:
        async with run_site({"beam": f"bsread+pull://127.0.0.1:{sender.port}"}) as site:
            counts = site.cameras["beam"].troubles.counts
            async with site.pictures() as pictures, site.events(read_bufsize=_LONGEST_EVENT) as events:
                await site.until_watched(viewers=2)
                await see_good(sender, pictures, events)
                for kind, name, parts in all_messages():
                    if not parts:
                        continue  # ZeroMQ has no message without a part
                    sender.send(parts)
                    if kind in (SHOWN, SPOILT_VALUE):
                        assert (await pictures.take()).jpeg, name
                    else:
                        sent[kind] += 1
                        await until(lambda: counts.total() >= sent.total())
                    await see_good(sender, pictures, events)
            state = (await site.read_json("/state"))["cameras"]["beam"]
    assert {folder(kind): count for kind, count in state["undecodable_by_kind"].items()} == dict(sent)
    assert state["undecodable"] == sent.total()
    assert len(sent) == 9
