"""What cannot be decoded costs itself alone, and nothing is decoded that nobody asked for."""

import json
import struct
from collections.abc import Iterator

import pytest
import zmq

from tests.kit import run_site, until

pytestmark = pytest.mark.both_loops


class Broken:
    """A real PUSH socket that sends messages whose picture cannot be decompressed, and whose values are good."""

    def __init__(self) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PUSH)
        self._socket.linger = 1000
        self.port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        self._number = 0

    def send(self) -> None:
        """Send one message."""
        self._number += 1
        main = {"htype": "bsr_m-1.1", "pulse_id": self._number, "hash": "", "global_timestamp": {"sec": 1, "ns": 0}}
        channels = [
            {"name": "image", "type": "uint16", "shape": [64, 48], "compression": "bitshuffle_lz4"},
            {"name": "energy", "type": "float64", "shape": [1]},
            {"name": "spoilt", "type": "float64", "shape": [8]},
        ]
        data = {"htype": "bsr_d-1.1", "channels": channels}
        energy = struct.pack("<d", self._number / 4)
        parts = [json.dumps(main).encode(), json.dumps(data).encode(), b"garbage", b"", energy, b"", b"short", b""]
        self._socket.send_multipart(parts)

    def close(self) -> None:
        """End it."""
        self._socket.close()
        self._context.term()


@pytest.fixture
def broken() -> Iterator[Broken]:
    """A camera whose pictures cannot be decoded."""
    camera = Broken()
    yield camera
    camera.close()


async def test_events_alone_decode_no_picture(broken: Broken):
    """A picture that cannot be decoded is no trouble to who asks for values; a viewer of pictures meets it."""
    async with run_site({"beam": f"bsread+pull://127.0.0.1:{broken.port}"}) as site:
        camera = site.cameras["beam"]
        async with site.events() as events:
            await site.until_watched()
            for number in (1, 2, 3):
                broken.send()
                data = (await events.take("frame")).data
                assert data["values"]["energy"] == number / 4
                assert data["image"] == {"channel": "image", "width": 64, "height": 48, "dtype": "uint16"}
            assert not camera.troubles.counts
            async with site.pictures():
                broken.send()
                await until(lambda: camera.troubles.counts.total() == 1)
                assert (await events.take("frame")).data["values"]["energy"] == 1.0


async def test_value_that_cannot_be_decoded_is_null_with_a_reason(broken: Broken):
    """One spoilt value costs itself alone, and the event says why."""
    async with run_site({"beam": f"bsread+pull://127.0.0.1:{broken.port}"}) as site, site.events() as events:
        await site.until_watched()
        broken.send()
        data = (await events.take("frame")).data
        assert data["values"] == {"energy": 0.25, "spoilt": None}
        assert "'spoilt'" in data["errors"]["spoilt"]
        assert list(data["errors"]) == ["spoilt"]


async def test_measure_of_a_picture_that_cannot_be_decoded_is_null_with_a_reason(broken: Broken):
    """What the stream says is told all the same."""
    async with (
        run_site({"beam": f"bsread+pull://127.0.0.1:{broken.port}"}) as site,
        site.events("/cameras/beam/events?channels=*,x_rms,x_profile") as events,
    ):
        await site.until_watched()
        broken.send()
        data = (await events.take("frame")).data
    assert data["values"] == {"energy": 0.25, "spoilt": None, "x_rms": None, "x_profile": None}
    assert set(data["errors"]) == {"spoilt", "x_rms", "x_profile"}
    assert "'image'" in data["errors"]["x_rms"]
    assert "units" not in data
