"""Whatever else may be at the other end: nobody, silence, the wrong kind, or no ZeroMQ at all."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import zmq

from mjpeg_viewer.errors import MessageError
from mjpeg_viewer.message import Limits
from mjpeg_viewer.sources import bsread
from tests.kit import PATIENCE
from tests.sources.receiving import MODES, OTHER, SCHEME, beam, receiving, status_of, url_of


@pytest.mark.parametrize("end", ["silent sender", "nobody", "mute"])
def test_stop_ends_the_thread_at_once(end: str, nobody: socket.socket, monkeypatch: pytest.MonkeyPatch):
    """However the other end is, and while nothing comes, stop() does not wait for the next look at the connection."""
    monkeypatch.setattr(bsread, "_LOOK_MS", 600_000)
    before = threading.active_count()
    with beam() as sender, socket.create_server(("127.0.0.1", 0)) as mute:
        port = {"silent sender": sender.port, "nobody": nobody.getsockname()[1], "mute": mute.getsockname()[1]}[end]
        with receiving(f"bsread+pull://127.0.0.1:{port}") as (source, sink):
            if end == "silent sender":
                assert sender.wait_for_receiver(PATIENCE)
            else:
                sink.until(lambda: source.intake.connected is False)
            stopping = threading.Thread(target=source.stop, daemon=True)
            stopping.start()
            stopping.join(PATIENCE)
            assert not stopping.is_alive()
            assert threading.active_count() == before
            source.stop()  # twice is once


def test_stop_right_after_start_is_no_death(nobody: socket.socket):
    """A source that is ended before its thread has run leaves nothing behind and reports nothing."""
    for _ in range(50):
        with receiving(f"bsread+pull://127.0.0.1:{nobody.getsockname()[1]}"):
            pass


def test_nobody_at_the_other_end_is_said(nobody: socket.socket):
    """A connection that is refused makes the status 'connecting', and its reason names the address."""
    with receiving(f"bsread+pull://127.0.0.1:{nobody.getsockname()[1]}") as (source, sink):
        sink.until(lambda: source.intake.connected is False)
        status = status_of(source)
        assert (status.state, status.online) == ("connecting", False)
        assert status.reason == f"nobody answers at {source.address}; is the sender running?"


@pytest.mark.parametrize("mode", MODES)
def test_silent_sender_is_told_from_one_that_is_not_there(mode: str):
    """Who is connected and sends nothing is 'silent'."""
    with beam(mode) as sender, receiving(url_of(sender)) as (source, sink):
        assert sender.wait_for_receiver(PATIENCE)
        sink.until(lambda: source.intake.connected)
        assert status_of(source).reason == f"connected to {source.address}, but no message comes"


@pytest.mark.parametrize("mode", MODES)
def test_sender_of_the_other_kind_is_said_and_left_when_it_is_mended(mode: str):
    """SUB to PUSH, and PULL to PUB: ZeroMQ is silent about it and never tries again; the source does both."""
    with beam(OTHER[mode]) as wrong:
        port = wrong.port
        with receiving(url_of(wrong, mode)) as (source, sink):
            sink.until(lambda: source.intake.trouble)
            status = status_of(source)
            assert status.state == "connecting"
            does, may, instead = {
                "push": ("does not push", "publishes", "bsread+sub"),
                "pub": ("does not publish", "pushes", "bsread+pull"),
            }[mode]
            assert status.reason == (
                f"the sender at tcp://127.0.0.1:{port} {does}; if it {may}, use {instead}:// instead"
            )
            wrong.close()
            with beam(mode, port) as right:
                assert right.wait_for_receiver(PATIENCE)
                right.send()
                sink.until(lambda: sink.messages)
                assert source.intake.trouble == ""
                assert status_of(source).state == "live"


def test_wrong_sender_that_is_gone_is_nobody():
    """The reason does not outlive what it was about."""
    with beam("pub") as wrong, receiving(url_of(wrong, "push")) as (source, sink):
        sink.until(lambda: source.intake.trouble)
        wrong.close()
        sink.until(lambda: not source.intake.trouble)
        assert status_of(source).reason == f"nobody answers at {source.address}; is the sender running?"


def test_other_end_that_speaks_something_else_is_said(monkeypatch: pytest.MonkeyPatch):
    """A web server's answer is no ZeroMQ greeting, which is awaited for five seconds, here for a half."""
    monkeypatch.setattr(bsread, "_HANDSHAKE_MS", 500)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with receiving(f"bsread+pull://127.0.0.1:{server.getsockname()[1]}") as (source, sink):
            sink.until(lambda: source.intake.trouble)
        thread.join()


def test_name_that_does_not_resolve_is_said():
    """A misspelt host is told from a sender that is not running."""
    with receiving("bsread+pull://no-such-host.invalid:9999") as (source, sink):
        sink.until(lambda: source.intake.trouble)
        assert status_of(source).reason == "the name 'no-such-host.invalid' is not known here; is it spelt right?"


_RECEIVE = """
import sys
from tests.sources.receiving import receiving

with receiving(sys.argv[1]) as (source, sink):
    sink.until(lambda: source.intake.trouble)
    print(source.intake.trouble, flush=True)
    sink.until(lambda: sink.messages)
    print(source.intake.trouble or "received", flush=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a file of host names of one's own needs root")
def test_name_that_resolves_later_is_found(tmp_path: Path):
    """Once the name is known, the sender is received without anybody's doing."""
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    with beam("pub") as sender:
        url = f"bsread+sub://camera.test:{sender.port}"
        # A mount namespace, where this file is the machine's own.
        own_hosts = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts)
        command = (*own_hosts, sys.executable, "-c", _RECEIVE, url)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as receiver:
            assert receiver.stdout is not None
            assert receiver.stdout.readline() == "the name 'camera.test' is not known here; is it spelt right?\n"
            hosts.write_text("127.0.0.1 localhost camera.test\n")
            assert sender.wait_for_receiver(PATIENCE)
            sender.send()
            assert receiver.stdout.readline() == "received\n"


@pytest.mark.parametrize("mode", MODES)
def test_message_over_the_size_limit_is_said_and_the_next_smaller_one_received(mode: str):
    """ZeroMQ ends such a connection for good; the source says why, connects anew, and is live again."""
    limits = Limits(message_bytes=20_000)
    with zmq.Context() as context, context.socket(zmq.PUSH if mode == "push" else zmq.PUB) as sender:
        sender.linger = 0
        port = sender.bind_to_random_port("tcp://127.0.0.1")
        with receiving(f"{SCHEME[mode]}://127.0.0.1:{port}", limits=limits) as (source, sink):
            sink.until(lambda: source.intake.connected)
            sender.send(b"x" * 20_001)
            sink.until(lambda: source.intake.trouble)
            assert status_of(source).reason == (
                f"tcp://127.0.0.1:{port} sends more than the 20000 bytes that one part of a message may have"
            )
            sink.until(lambda: source.intake.connected)
            assert source.intake.trouble != ""  # it is connected, and still nothing can be shown
            sender.send(b"x" * 20_000)
            sink.until(lambda: sink.messages)
            assert source.intake.trouble == ""


def test_of_a_message_with_too_many_parts_no_more_is_kept_than_a_header_could_name():
    """The rest is taken off the wire, counted, and dropped at once."""
    limits = Limits(channels=10)
    with zmq.Context() as context, context.socket(zmq.PUSH) as sender:
        sender.linger = 0
        port = sender.bind_to_random_port("tcp://127.0.0.1")
        with receiving(f"bsread+pull://127.0.0.1:{port}", limits=limits) as (source, sink):
            sender.send_multipart([b"x" * 100] * 1000)
            sink.until(lambda: sink.messages)
            assert len(sink.messages[0].parts) == 23
            assert source.intake.received_bytes == 100_000
            with pytest.raises(MessageError):
                source.decode(sink.messages[0])


def test_messages_that_are_no_bsread_are_handed_on_and_refused_there():
    """The thread takes what comes, of any number and size of parts; what it means is the parser's affair."""
    context = zmq.Context()
    with context.socket(zmq.PUSH) as sender:
        port = sender.bind_to_random_port("tcp://127.0.0.1")
        with receiving(f"bsread+pull://127.0.0.1:{port}") as (_, sink):
            sender.send(b"")
            sender.send_multipart([b""] * 1000)
            sender.send_multipart([b"x" * 1_000_000, b"y"])
            sink.until(lambda: len(sink.messages) == 3)
            assert [len(message.parts) for message in sink.messages] == [1, 1000, 2]
            assert [message.size_bytes for message in sink.messages] == [0, 0, 1_000_001]
    context.term()
