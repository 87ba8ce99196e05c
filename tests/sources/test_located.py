"""Senders that have to be asked for: cam_server and dispatcher, each played by a small real HTTP server."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mjpeg_viewer.sources import asking, line
from tests.kit import PATIENCE
from tests.sources.receiving import beam, receiving, status_of

Answer = Callable[[str, str, str], tuple[int, object]]
"""Method, path and body to status and document."""


@contextmanager
def service(answer: Answer) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """An HTTP service on a free port; its host and port, and what it was asked."""
    asked: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            asked.append((self.command, self.path, body))
            status, document = answer(self.command, self.path, body)
            payload = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_DELETE = handle_one  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_ASK_PERIOD", 0.1)
    monkeypatch.setattr(line, "_GONE_BEFORE_ASKING", 0.5)


@pytest.mark.parametrize(
    ("path", "asked_path"),
    [
        ("simulation_sp", "/api/v1/pipeline/instance/simulation_sp"),
        ("pipeline/a%20b", "/api/v1/pipeline/instance/a%20b"),
        ("cam/SARES20-CAMS142", "/api/v1/cam/SARES20-CAMS142"),
    ],
)
def test_cam_server_is_asked_where_its_stream_is(path: str, asked_path: str):
    """The address that cam_server names is received."""
    with beam("pub") as sender:
        document = {"state": "ok", "status": "Stream address for it.", "stream": f"tcp://127.0.0.1:{sender.port}"}
        with (
            service(lambda *_: (200, document)) as (host, asked),
            receiving(f"cam_server+http://{host}/{path}") as (source, sink),
        ):
            assert sender.wait_for_receiver(PATIENCE)
            sender.send()
            sink.until(lambda: sink.messages)
            assert asked == [("GET", asked_path, "")]
            assert status_of(source).state == "live"


def test_pipeline_that_moved_is_asked_for_anew_and_found():
    """When a pipeline's port is gone, cam_server is asked again, and the new one is received."""
    ports = []
    with (
        service(lambda *_: (200, {"state": "ok", "stream": f"tcp://127.0.0.1:{ports[-1]}"})) as (host, asked),
        beam("pub") as first,
        beam("pub") as second,
    ):
        ports.append(first.port)
        with receiving(f"cam_server+http://{host}/p") as (_, sink):
            assert first.wait_for_receiver(PATIENCE)
            first.send()
            sink.until(lambda: sink.messages)
            ports.append(second.port)
            first.close()
            assert second.wait_for_receiver(PATIENCE)
            second.send()
            sink.until(lambda: len(sink.messages) == 2)
            assert len(asked) >= 2


def test_slow_sender_is_not_asked_for_anew_while_it_is_connected(monkeypatch: pytest.MonkeyPatch):
    """Looks at a silent connection are many; the service is asked once, and the first message comes at last."""
    looks = []
    may_have_moved = line.Line.may_have_moved
    monkeypatch.setattr(line.Line, "may_have_moved", lambda *given: looks.append(may_have_moved(*given)) or looks[-1])
    with beam("pub") as sender:
        document = {"state": "ok", "stream": f"tcp://127.0.0.1:{sender.port}"}
        with (
            service(lambda *_: (200, document)) as (host, asked),
            receiving(f"cam_server+http://{host}/p") as (source, sink),
        ):
            assert sender.wait_for_receiver(PATIENCE)
            sink.until(lambda: source.intake.connected)
            sink.until(lambda: len(looks) >= 4)
            sender.send()
            sink.until(lambda: sink.messages)
            assert len(asked) == 1


@pytest.mark.parametrize(
    ("status", "document", "reason"),
    [
        (200, {"state": "error", "status": "Instance 'p' does not exist."}, "names no stream; it says \"Instance 'p'"),
        (500, "boom", "names no stream; it says 'boom'"),
        (200, {"stream": "ipc:///tmp/x"}, "names no stream"),
    ],
)
def test_what_cam_server_refuses_is_said_and_asked_again(status: int, document: object, reason: str):
    """The reason that the server gives stands in the status, until it has a stream."""
    answers = [(status, document)]
    with (
        service(lambda *_: answers[-1]) as (host, _),
        beam("pub") as sender,
        receiving(f"cam_server+http://{host}/p") as (source, sink),
    ):
        sink.until(lambda: source.intake.trouble)
        assert status_of(source).state == "connecting"
        assert reason in status_of(source).reason
        answers.append((200, {"state": "ok", "stream": f"tcp://127.0.0.1:{sender.port}"}))
        assert sender.wait_for_receiver(PATIENCE)
        sender.send()
        sink.until(lambda: sink.messages)
        assert source.intake.trouble == ""


def test_dispatcher_makes_a_stream_and_is_given_it_back():
    """The channels are asked for with psi-bsread's request; at the end the stream is removed."""
    with beam("pub") as sender:
        address = f"tcp://127.0.0.1:{sender.port}"
        with service(lambda *_: (200, {"stream": address})) as (host, asked):
            with receiving(f"dispatcher+http://{host}/sf-imagebuffer?channels=A,B") as (_, sink):
                assert sender.wait_for_receiver(PATIENCE)
                sender.send()
                sink.until(lambda: sink.messages)
            method, path, body = asked[0]
            assert (method, path) == ("POST", "/sf-imagebuffer/stream")
            assert json.loads(body)["channels"] == [{"name": "A"}, {"name": "B"}]
            assert asked[1:] == [("DELETE", "/sf-imagebuffer/stream", address)]


def test_service_that_never_answers_is_said_and_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch):
    """A request without an end is given up in words, and stop() does not wait for one."""
    monkeypatch.setattr(asking, "_TIMEOUT", 0.2)
    answer = threading.Event()

    def wait(*_: str) -> tuple[int, object]:
        answer.wait(PATIENCE)
        return 200, {}

    with service(wait) as (host, _):
        with receiving(f"dispatcher+http://{host}/x?channels=A") as (source, sink):
            sink.until(lambda: source.intake.trouble)
            assert "no answer within" in status_of(source).reason
            monkeypatch.setattr(asking, "_TIMEOUT", 3600.0)
            stopping = threading.Thread(target=source.stop)
            stopping.start()
            stopping.join(PATIENCE / 2)
            assert not stopping.is_alive()
        answer.set()


def test_service_that_is_not_there_is_said():
    """A refused connection is a reason, not a death."""
    with receiving("cam_server+http://127.0.0.1:1/p") as (source, sink):
        sink.until(lambda: source.intake.trouble)
        assert status_of(source).reason.startswith("http://127.0.0.1:1/api/v1/pipeline/instance/p does not answer")
