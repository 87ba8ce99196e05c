"""bsread over real ZeroMQ, from real senders: all of it comes, and comes back."""

import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import zmq

from mjpeg_viewer.simulator import Beam
from mjpeg_viewer.sources import bsread, open_source
from tests.kit import PATIENCE
from tests.sources.receiving import MODES, Sink, beam, receiving, status_of, url_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("mode", MODES)
def test_messages_arrive_counted_in_order_and_decodable(mode: str, host: str):
    """Every message that a real sender sends comes, whole, numbered from 1, with the time of its coming."""
    with beam(mode) as sender, receiving(url_of(sender, host=host)) as (source, sink):
        assert sender.wait_for_receiver(PATIENCE)
        begin = time.time()
        assert sender.send(10) == 10
        sink.until(lambda: len(sink.messages) == 10)
        frames = [source.decode(message) for message in sink.messages]
        assert [frame.pulse_id for frame in frames] == list(range(1, 11))
        assert [frame.sequence for frame in frames] == list(range(1, 11))
        assert all(begin <= frame.received <= time.time() for frame in frames)
        assert source.intake.received == 10
        assert source.intake.received_bytes == sum(message.size_bytes for message in sink.messages)
        np.testing.assert_array_equal(frames[4].decode_image(), Beam(32, 32, "uint16", seed=1).values(5)["image"])
        assert status_of(source).state == "live"


@pytest.mark.parametrize("mode", MODES)
def test_source_comes_back_by_itself_when_its_sender_does(mode: str):
    """A sender that ends and starts anew on its port is received again; in between nobody answers."""
    with beam(mode) as sender:
        url, port = url_of(sender), sender.port
        with receiving(url) as (source, sink):
            assert sender.wait_for_receiver(PATIENCE)
            sender.send()
            sink.until(lambda: len(sink.messages) == 1)
            sender.close()
            sink.until(lambda: source.intake.connected is False)
            source.intake.last = time.time() - 60
            assert status_of(source).reason == f"nobody answers at tcp://127.0.0.1:{port}; is the sender running?"
            with beam(mode, port) as again:
                assert again.wait_for_receiver(PATIENCE)
                again.send(2)
                sink.until(lambda: len(sink.messages) == 3)
                assert [source.decode(message).sequence for message in sink.messages] == [1, 2, 3]
                assert status_of(source).state == "live"


def test_source_may_be_started_before_its_sender(nobody: socket.socket):
    """Who comes first does not matter."""
    port = nobody.getsockname()[1]
    with receiving(f"bsread+pull://127.0.0.1:{port}") as (source, sink):
        sink.until(lambda: source.intake.connected is False)
        assert status_of(source).state == "connecting"
        nobody.close()
        with beam(port=port) as sender:
            assert sender.wait_for_receiver(PATIENCE)
            sender.send()
            sink.until(lambda: sink.messages)


def test_sender_is_never_held_up_while_nobody_watches():
    """A sender that waits rather than drops gets rid of 200 MB at once: a PULL that is not read would freeze it."""
    context = zmq.Context()
    with context.socket(zmq.PUSH) as sender:
        sender.sndhwm = 1
        sender.sndtimeo = int(PATIENCE * 1000)
        port = sender.bind_to_random_port("tcp://127.0.0.1")
        with receiving(f"bsread+pull://127.0.0.1:{port}", keep=False) as (source, sink):
            for _ in range(200):
                sender.send_multipart([b"{}", b"{}", bytes(2**20), b""])
            sink.until(lambda: source.intake.received == 200)
            assert source.intake.received_bytes == 200 * (2**20 + 4)
    context.term()


def test_sender_that_freezes_is_noticed_and_received_again_when_it_wakes(monkeypatch: pytest.MonkeyPatch):
    """A host that vanishes closes nothing; only ZeroMQ's heartbeats tell, after three seconds, here after one."""
    monkeypatch.setattr(bsread, "_HEARTBEAT_INTERVAL_MS", 250)
    monkeypatch.setattr(bsread, "_HEARTBEAT_TIMEOUT_MS", 750)
    program = (
        "from mjpeg_viewer.simulator import Simulator\n"
        "with Simulator() as sender:\n"
        "    print(sender.port, flush=True)\n"
        "    sender.run(delay=0.05)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as sender:
        try:
            assert sender.stdout is not None
            with receiving(f"bsread+pull://127.0.0.1:{int(sender.stdout.readline())}") as (source, sink):
                sink.until(lambda: sink.messages)
                sender.send_signal(signal.SIGSTOP)
                sink.until(lambda: source.intake.connected is False)
                before = source.intake.received
                sender.send_signal(signal.SIGCONT)
                sink.until(lambda: source.intake.received > before + 2)
                assert source.intake.connected
        finally:
            sender.kill()


def test_exception_in_the_sink_reaches_the_owner():
    """A thread that dies is told to whoever owns it, and stop() still ends."""
    deaths: list[BaseException] = []

    def fail(_: object) -> bool:
        raise ZeroDivisionError("in the sink")

    with beam() as sender:
        source = open_source(url_of(sender))
        source.start(fail, deaths.append)
        assert sender.wait_for_receiver(PATIENCE)
        sender.send()
        Sink().until(lambda: deaths)
        source.stop()
    assert [str(error) for error in deaths] == ["in the sink"]


@pytest.mark.parametrize("mode", MODES)
def test_messages_that_nobody_wants_gather_and_are_counted(mode: str):
    """After a while without viewers several are taken at once; each is counted, and none of them is shown later."""
    with beam(mode) as sender, receiving(url_of(sender), keep=False) as (source, sink):
        assert sender.wait_for_receiver(PATIENCE)
        sending = threading.Thread(target=sender.run, args=(-1, 0.004))
        sending.start()
        sink.until(lambda: source.intake.received > sink.offered + 50)
        before = sender.pulse_id
        sink.wanted = True
        sink.until(lambda: sink.messages)
        sender.stop()
        sending.join()
        newest = sender.pulse_id
        sender.send()
        sink.until(lambda: source.decode(sink.messages[-1]).pulse_id == newest)
    first, last = sink.messages[0], sink.messages[-1]
    assert source.decode(first).pulse_id >= before - 1  # one may be on its way
    assert len(sink.messages) == last.sequence - first.sequence + 1
    assert mode == "pub" or last.sequence == source.intake.received == newest  # a publisher drops what is not fetched
