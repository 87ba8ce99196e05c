"""
What no well-behaved client sends: each is refused with a status or a closed connection, in one log line at most.

The command runs in a process of its own, with its own log.  Behind each request, in the same packet, a second one asks
for /healthz: whether that is answered tells where the server took the first one's end to be, and an answer too many
would be a request smuggled in (RFC 9112, section 11.2).
"""

import asyncio
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mjpeg_viewer import troubles
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web import entrance
from tests.cli.kit import write_user_file
from tests.kit import Site, basic
from tests.raw import PATIENCE, Raw, open_raw

LAST = b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
MULTIPART = (b"POST /login HTTP/1.1", b"Content-Type: multipart/form-data; boundary=x")
FORM = b"Content-Type: application/x-www-form-urlencoded"
RIGHT = ("Authorization: " + basic("ada", "right")["Authorization"]).encode()
WRONG = ("Authorization: " + basic("ada", "wrong")["Authorization"]).encode()


def ask(line: bytes, *headers: bytes, host: bytes | None = b"Host: h", body: bytes = b"") -> bytes:
    """Return a request, as it stands."""
    return b"\r\n".join([line, *([] if host is None else [host]), *headers, b"", body])


def post(*headers: bytes, body: bytes = b"") -> bytes:
    """Return a form for the open door."""
    return ask(b"POST /login HTTP/1.1", FORM, *headers, body=body)


def get(path: bytes, *headers: bytes, **options: bytes | None) -> bytes:
    """Return a request for a path."""
    return ask(b"GET " + path + b" HTTP/1.1", *headers, **options)  # type: ignore[arg-type]


# What the server answers to each, and whether it then still takes the next request (200).
SMUGGLING = {
    "length and chunked": (post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), [400]),
    "chunked and length": (post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"), [400]),
    "two lengths": (post(b"Content-Length: 3", b"Content-Length: 0", body=b"a=b"), [400]),
    "the same length twice": (post(b"Content-Length: 3", b"Content-Length: 3", body=b"a=b"), [400]),
    "list of lengths": (post(b"Content-Length: 3, 3", body=b"a=b"), [400]),
    "length with plus": (post(b"Content-Length: +3", body=b"a=b"), [400]),
    "negative length": (post(b"Content-Length: -3", body=b"a=b"), [400]),
    "length in hex": (post(b"Content-Length: 0x3", body=b"a=b"), [400]),
    "length with underscore": (post(b"Content-Length: 0_3", body=b"a=b"), [400]),
    "length beyond 64 bits": (post(b"Content-Length: 99999999999999999999", body=b"a=b"), [400]),
    "empty length": (post(b"Content-Length:", body=b"a=b"), [400]),
    "space before colon": (post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"), [400]),
    "not quite chunked": (post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), [400]),
    "chunked behind a tab": (post(b"Transfer-Encoding:\tchunked", body=b"0\r\n\r\n"), [401, 200]),
    "chunked behind a control": (post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"), [400]),
    "identity": (post(b"Transfer-Encoding: identity", body=b"0\r\n\r\n"), [400]),
    "chunked not last": (post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"), [400]),
    "chunked twice": (post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), [400]),
    "chunked and identity": (post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"), [400]),
    "folded header": (get(b"/healthz", b"X: a", b" b"), [400]),
    "folded encoding": (post(b"Transfer-Encoding:", b" chunked", body=b"0\r\n\r\n"), [400]),
    "bare LF at the end of a line": (get(b"/healthz", b"X: a\nY: b"), [400]),
    "bare LF all over": (b"GET /healthz HTTP/1.1\nHost: h\n\n", [400]),
    "bare CR": (get(b"/healthz", b"X: a\rY: b"), [400]),
    "NUL in a value": (get(b"/healthz", b"X: a\0b"), [400]),
    "NUL in a name": (get(b"/healthz", b"X\0: a"), [400]),
    "header without a name": (get(b"/healthz", b": a"), [400]),
    "chunk extension": (post(b"Transfer-Encoding: chunked", body=b"3;x=y\r\na=b\r\n0\r\n\r\n"), [401, 200]),
    "chunk extension with LF": (post(b"Transfer-Encoding: chunked", body=b"3;\nx\r\na=b\r\n0\r\n\r\n"), [400]),
    "chunk size that is none": (post(b"Transfer-Encoding: chunked", body=b"x\r\na=b\r\n0\r\n\r\n"), [400]),
    "chunk size with 0x": (post(b"Transfer-Encoding: chunked", body=b"0x3\r\na=b\r\n0\r\n\r\n"), [400]),
    "negative chunk size": (post(b"Transfer-Encoding: chunked", body=b"-3\r\na=b\r\n0\r\n\r\n"), [400]),
    "chunk size beyond 64 bits": (post(b"Transfer-Encoding: chunked", body=b"f" * 20 + b"\r\na=b\r\n"), [400]),
    "chunk longer than it says": (post(b"Transfer-Encoding: chunked", body=b"2\r\na=b\r\n0\r\n\r\n"), [400]),
    "trailers": (post(b"Transfer-Encoding: chunked", body=b"0\r\n" + RIGHT + b"\r\n\r\n"), [401, 200]),
    "request in a body": (get(b"/state", b"Content-Length: %d" % len(LAST), body=LAST), [401, 200]),
    "three in a row": (get(b"/state") + get(b"/login"), [401, 200, 200]),
}

LINES_AND_HEADERS = {
    "no method": (ask(b"/healthz HTTP/1.1"), [400]),
    "method of our own": (ask(b"FETCH /healthz HTTP/1.1"), [400]),
    "method with NUL": (ask(b"GE\0T /healthz HTTP/1.1"), [400]),
    "lower case": (ask(b"get /healthz HTTP/1.1"), [400]),
    "TRACE": (ask(b"TRACE /state HTTP/1.1"), [401, 200]),
    "TRACE an open door": (ask(b"TRACE /healthz HTTP/1.1"), [401, 200]),
    "CONNECT": (ask(b"CONNECT evil.example:80 HTTP/1.1"), [401, 200]),
    "OPTIONS *": (ask(b"OPTIONS * HTTP/1.1"), [401, 200]),
    "HTTP/0.9": (b"GET /state\r\n\r\n", [400]),
    "HTTP/1.0": (ask(b"GET /state HTTP/1.0"), [400]),
    "HTTP/1.10": (ask(b"GET /healthz HTTP/1.10"), [400]),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
    "HTTP/3": (ask(b"GET /healthz HTTP/3.0"), [400]),
    "TLS": (b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03", [400]),
    "no host": (get(b"/healthz", host=None), [400]),
    "two hosts": (get(b"/healthz", b"Host: evil.example"), [400]),
    "two credentials, wrong first": (get(b"/state", WRONG, RIGHT), [401, 200]),
    "two cookies": (get(b"/state", b"Cookie: a=b", b"Cookie: c=d"), [401, 200]),
    "garbage cookies": (get(b"/state", b"Cookie: " + b'="\\;; ,=\xff;' * 500), [401, 200]),
    "200 headers": (get(b"/healthz", *(b"X-%d: a" % number for number in range(200))), [400]),
    "long line": (get(b"/" + b"a" * 9000), [400]),
    "long value": (get(b"/healthz", b"X: " + b"a" * 9000), [400]),
    "long name": (get(b"/healthz", b"X" * 9000 + b": a"), [400]),
    "long cookie": (get(b"/state", b"Cookie: a=" + b"a" * 9000), [400]),
    "long credentials": (get(b"/state", b"Authorization: Basic " + b"a" * 9000), [400]),
    "long credentials that fit": (get(b"/state", b"Authorization: Basic " + b"YTp4" * 2000), [401, 200]),
    "websocket": (get(b"/state", b"Connection: Upgrade", b"Upgrade: websocket"), [401, 200]),
    "websocket at an open door": (get(b"/healthz", b"Connection: Upgrade", b"Upgrade: websocket"), [200, 200]),
    "HTTP/2 by upgrade": (get(b"/state", b"Connection: Upgrade, HTTP2-Settings, close", b"Upgrade: h2c"), [401]),
    "expects nonsense": (ask(b"POST /login HTTP/1.1", b"Expect: 200-ok"), [417, 200]),
    # Static files are sent whole (RFC 9110, section 14.2: a server may ignore the Range header).
    "range": (get(b"/static/icon.svg", b"Range: bytes=0-3"), [200, 200]),
    "range from nowhere": (get(b"/static/icon.svg", b"Range: bytes=-99999999999999999999"), [200, 200]),
    "ranges": (get(b"/static/icon.svg", b"Range: bytes=0-1,3-4"), [200, 200]),
    "range of something closed": (get(b"/state", b"Range: bytes=0-3"), [401, 200]),
    "date that is none": (get(b"/static/icon.svg", b"If-Modified-Since: Mon, 99 Foo 99999 99:99:99 GMT"), [200, 200]),
    "tag that is none": (get(b"/static/icon.svg", b'If-None-Match: "a, b, W/'), [200, 200]),
}

BODIES = {
    "broken gzip": (post(b"Content-Encoding: gzip", b"Content-Length: 3", body=b"a=b"), [415, 200]),
    "broken deflate": (post(b"Content-Encoding: deflate", b"Content-Length: 3", body=b"a=b"), [415, 200]),
    "brotli": (post(b"Content-Encoding: br", b"Content-Length: 3", body=b"a=b"), [415, 200]),
    "encoding of our own": (post(b"Content-Encoding: x", b"Content-Length: 3", body=b"a=b"), [415, 200]),
    "multipart": (ask(MULTIPART[0], MULTIPART[1], b"Content-Length: 18", body=b"--x\r\n\r\nbroken\r\n--x"), [415, 200]),
    "multipart without a body": (ask(*MULTIPART), [400, 200]),
    "as it is, in words": (post(b"Content-Encoding: identity", b"Content-Length: 3", body=b"a=b"), [415, 200]),
}

# Names that, decoded once or twice, would be another route, a file, or a line of a log or header of its own.
PATHS = [
    b"/static/../state",
    b"/static/%2e%2e/state",
    b"/static/%252e%252e/state",
    b"/static/%c0%ae%c0%ae/state",
    b"/login/../state",
    b"/login/%2e%2e/state",
    b"/login%2f..%2fstate",
    b"/login;/../state",
    b"/login%00/../state",
    b"/healthz/../state",
    b"/login/",
    b"/LOGIN",
    b"//login",
    b"/./login",
    b"/cameras/camera%2fstream.mjpg",
    b"/cameras/..%2flogin",
    b"/cameras/%2e%2e/login",
    b"/cameras/%63amera/stream.mjpg",
    b"/cameras/camera/stream%2emjpg",
    b"/cameras/camera/stream.mjpg/",
    b"/cameras/camera\\..\\..\\login",
    b"/cameras/%00",
    b"/cameras/%0d%0aSet-Cookie:%20a=b",
    b"/%0d%0a2026-01-01%20ERROR%20forged",
    b"/%1b[31m",
    b"http://evil.example/state",
    b"http://h@evil.example/state",
]
NO_PATHS = [b"state", b"file:///etc/passwd", b"http:state", b"/st\tate", b"/st\0ate", b"", b"*/state"]


@dataclass
class Server:
    """The command, with its log in a file."""

    port: int
    pid: int
    log: Path

    def read_log(self) -> list[str]:
        """Return all lines so far but those on the camera, which is not there."""
        return [line for line in self.log.read_text().splitlines() if " camera: " not in line]

    def read_cpu(self) -> float:
        """Return the processor time it has taken, in seconds; proc(5)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The real command with a login, for all tests here: none of them may leave a trace in it."""
    with run_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@contextmanager
def run_server(folder: Path) -> Iterator[Server]:
    """Run the command for the block; its files are in the folder."""
    options = ["-P", "0", "-S", "1", "--users", write_user_file(folder)]
    log = folder / "log"
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "mjpeg_viewer", "serve", *options],
            env={**os.environ, "XDG_STATE_HOME": str(folder), "HOME": str(folder)},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            assert found, log.read_text()
            yield Server(int(found[1]), process.pid, log)
        finally:
            process.kill()
    assert "Traceback" not in log.read_text()


# Whoever logs in wrongly too often is slowed by address; all of 127/8 is this machine.
_ADDRESSES = (f"127.0.{third}.{fourth}" for third in range(1, 255) for fourth in range(1, 255))


async def exchange(port: int, data: bytes) -> tuple[list[int], bytes]:
    """Send from an address of its own, read to the end; the status of each answer, and all that came."""
    async with open_raw(port, address=next(_ADDRESSES)) as raw:
        await raw.send(data)
        got = await raw.read_to_end()
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", got)], got


async def expect(server: Server, data: bytes, statuses: list[int]) -> bytes:
    """Send, and hold answers and log against what should be there."""
    before = server.read_log()
    found, got = await exchange(server.port, data)
    assert found == statuses, got
    lines = server.read_log()[len(before) :]
    assert len(lines) <= 1, lines
    for line in lines:
        assert re.fullmatch(r"[-0-9]+ [:,0-9]+ (INFO|WARNING) [ -~]{1,200}", line)
    return got


CASES = {**SMUGGLING, **LINES_AND_HEADERS, **BODIES}


@pytest.mark.parametrize("name", CASES)
async def test_odd_request_is_refused_and_nothing_is_smuggled(server: Server, name: str):
    """Each has its answer, what follows it is what the sender wrote behind it, and the log has a line at most."""
    data, statuses = CASES[name]
    got = await expect(server, data + LAST, statuses)
    assert b"cameras" not in got


@pytest.mark.parametrize("path", PATHS)
async def test_no_way_of_writing_a_path_opens_a_door(server: Server, path: bytes):
    """Whatever a path is decoded to: it is closed, or the login, or one of the open files that is not there."""
    statuses, got = await exchange(server.port, get(path) + LAST)
    assert statuses in ([401, 200], [404, 200])
    assert b"Log in first" in got or b"nothing at this address" in got
    for header in (b"\r\nset-cookie", b"forged"):
        assert header not in got.lower()


@pytest.mark.parametrize("path", NO_PATHS)
async def test_what_is_no_path_is_refused(server: Server, path: bytes):
    """A target that HTTP does not know is no request at all."""
    await expect(server, get(path) + LAST, [400])


@pytest.mark.parametrize(
    ("size", "data"),
    [
        (1 << 20, b"GET /"),
        (1 << 20, b"GET / HTTP/1.1\r\nHost: h\r\nX: "),
        (1 << 20, b"GET / HTTP/1.1\r\nHost: h\r\n"),
    ],
    ids=["line", "value", "name"],
)
async def test_endless_line_ends(server: Server, size: int, data: bytes):
    """Of a line without an end no more is taken than 8 kB fit in."""
    before = server.read_log()
    statuses, _ = await exchange(server.port, data + b"a" * size)
    assert statuses in ([400], [])  # the answer is lost where the server closed with bytes to read
    assert len(server.read_log()) <= len(before) + 1


async def test_each_malformed_request_is_counted(
    closed: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """Those of ten seconds, here of one, share a line, which tells how many they were."""
    for period in (troubles, "_SAY_PERIOD"), (entrance, "_SAY_AGAIN"):
        monkeypatch.setattr(*period, getattr(*period) / 10)
    await asyncio.gather(*(exchange(closed.port, b"GET /" + b"a" * 10_000) for _ in range(4)))
    counted: list[int] = []
    async with asyncio.timeout(PATIENCE):
        while sum(counted) < 4:
            await asyncio.sleep(0.02)
            counted = [int(found) for found in re.findall(r"malformed request (\d+)", "\n".join(caplog.messages))]
    assert sum(counted) == 4
    assert len(counted) <= 2


# -- bodies that go wrong when somebody reads them already


async def begin_form(raw: Raw, *headers: bytes) -> None:
    """Begin a form, and wait until the server reads its body (RFC 9110, section 10.1.1)."""
    await raw.send(post(b"Expect: 100-continue", b"Connection: close", *headers))
    assert await raw.read_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("body", [b"zz\r\n", b"3\r\na=bX", b"f" * 30])
async def test_body_that_breaks_off_is_refused(closed: Site, monkeypatch: pytest.MonkeyPatch, body: bytes):
    """A body that turns out to be no HTTP while the form is read is given up like one that does not come."""
    monkeypatch.setattr("mjpeg_viewer.web.forms._FORM_TIMEOUT", 0.1)
    async with open_raw(closed.port) as raw:
        await begin_form(raw, b"Transfer-Encoding: chunked")
        await raw.send(body)
        assert (await raw.read_head())[0] == 408


async def test_sender_that_leaves_in_the_middle_costs_nothing(server: Server):
    """Half a form, and its sender is gone: no line, no traceback, and the next one is served."""
    before = server.read_log()
    for _ in range(20):
        async with open_raw(server.port) as raw:
            await begin_form(raw, b"Content-Length: 1000")
            await raw.send(b"username=")
            raw.reset()
    assert (await exchange(server.port, LAST))[0] == [200]
    assert server.read_log() == before


@pytest.mark.parametrize("path", [b"/login", b"/state", b"/healthz"])
async def test_compressed_bodies_are_never_unpacked(server: Server, path: bytes):
    """4 GB of zeros in 4 MB are not unpacked, by anybody's leave or without: that would stop the loop for seconds."""
    pack = zlib.compressobj(9, wbits=-15)
    block = pack.compress(bytes(1 << 26)) + pack.flush(zlib.Z_FULL_FLUSH)
    bomb = b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + block * 64  # the header of RFC 1952
    assert len(zlib.decompressobj(wbits=31).decompress(bomb[: 10 + len(block)])) == 1 << 26
    before = server.read_cpu()
    head = ask(b"POST " + path + b" HTTP/1.1", FORM, b"Content-Encoding: gzip", b"Content-Length: %d" % len(bomb))
    async with open_raw(server.port) as raw:
        await raw.send(head)
        assert (await raw.read_head())[0] in (401, 405, 415)
        await raw.send(bomb + LAST)
        assert b"\r\n\r\nok\n" in await raw.read_to_end()
    assert server.read_cpu() - before < 1.0


# -- viewers


async def test_viewers_are_untouched(beam: Simulator, closed: Site, caplog: pytest.LogCaptureFixture):
    """Through all of it, one who watches gets each frame."""
    async with closed.pictures(headers=basic("ada", "right")) as viewer:
        for data, _ in CASES.values():
            number = beam.pulse_id
            beam.send()
            await exchange(closed.port, data + LAST)
            assert (await viewer.take()).number == number
    caplog.clear()  # of aiohttp's own tracebacks; the command's log makes lines of them


async def test_pipelining_behind_a_stream_gets_nothing(beam: Simulator, closed: Site):
    """A stream is the last answer on its connection: what a viewer sends meanwhile is neither read nor answered."""
    async with open_raw(closed.port) as raw:
        await raw.send(get(b"/cameras/beam/stream.mjpg", RIGHT) + get(b"/state", RIGHT) + post(b"Content-Length: 1"))
        assert (await raw.read_head())[0] == 200
        await closed.until_watched()
        await raw.send(LAST * 1000)
        for _ in range(3):
            beam.send()
            assert b"Content-Type: image/jpeg" in await raw.read_until(b"\xff\xd8")
        closed.viewers.close_all("the test is over")
        rest = await raw.read_to_end()
    assert b"HTTP/1.1" not in rest


# -- names in headers


@pytest.mark.parametrize(
    "after",
    [
        b"/%0d%0aSet-Cookie:%20evil=1",
        b"/%0aSet-Cookie:evil=1",
        b"/%E5%98%8A%E5%98%8DSet-Cookie:evil=1",
        b"//evil.example",
        b"///evil.example",
        b"/%09/evil.example",
        b"/%5Cevil.example",
        b"%5C%5Cevil.example",
        b"https:evil.example",
        b"https://evil.example",
        b"javascript:alert(1)",
        b"%20//evil.example",
        b"/%00/evil.example",
        b"@evil.example",
        b"/../../evil.example//",
        b"/%2F/evil.example",
    ],
)
async def test_way_back_stays_here(closed: Site, after: bytes):
    """After the login a browser goes to a path of this site, in one header, whatever the address said."""
    body = b"username=ada&password=right&next=" + after
    data = post(b"Content-Length: %d" % len(body), b"Connection: close", body=body)
    statuses, got = await exchange(closed.port, data)
    assert statuses == [303]
    head = got.partition(b"\r\n\r\n")[0].split(b"\r\n")
    (location,) = [line.partition(b": ")[2] for line in head if line.lower().startswith(b"location:")]
    assert re.fullmatch(rb"/(?![/\\])[!-~]*", location)
    cookies = [line for line in head if line.lower().startswith(b"set-cookie:")]
    assert [cookie.partition(b"=")[0] for cookie in cookies] == [b"Set-Cookie: mjpeg-viewer-%d" % closed.port]


async def test_host_stands_in_no_answer(closed: Site):
    """Whatever host a request names, no address that the server writes has it: there are no links to poison."""
    for path, headers in (
        (b"/", [b"Accept: text/html"]),
        (b"/login", []),
        (b"/cameras/beam", [RIGHT]),
        (b"/nothing", [RIGHT, b"Accept: text/html"]),
        (b"/state", [RIGHT]),
    ):
        names = (b"X-Forwarded-Host: evil.example", b"Forwarded: host=evil.example", b"X-Original-URL: /healthz")
        data = get(path, *headers, *names, b"Connection: close", host=b"Host: evil.example")
        _, got = await exchange(closed.port, data)
        assert got
        assert b"evil.example" not in got


# -- more than one Origin, which no browser sends


@pytest.mark.parametrize(
    ("line", "taken"), [(b"POST /login", 303), (b"POST /logout", 303), (b"DELETE /cameras/beam/background", 200)]
)
@pytest.mark.parametrize("foreign", [b"Origin: http://evil.example", b"origin: null", b"ORIGIN:"])
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_every_origin_must_be_this_site(closed: Site, line: bytes, taken: int, foreign: bytes, place: int):
    """Wherever among right ones a wrong Origin stands, the form is refused; where all are right it is taken."""
    cookie = (await closed.log_in("ada", "right"))["Cookie"].encode()
    own = f"127.0.0.1:{closed.port}".encode()
    origins = [b"Origin: http://" + own] * 2
    body = b"username=ada&password=right"
    rest = [FORM, b"Cookie: " + cookie, b"Content-Length: %d" % len(body), b"Connection: close"]

    async def send(*lines: bytes) -> int:
        data = ask(line + b" HTTP/1.1", *lines, *rest, host=b"Host: " + own, body=body)
        (status,), _ = await exchange(closed.port, data)
        return status

    assert await send(*origins[:place], foreign, *origins[place:]) == 403
    async with closed.get("/state", headers={"Cookie": cookie.decode()}) as response:
        assert response.status == 200
    assert await send(*origins) == taken
