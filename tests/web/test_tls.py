"""TLS of our own: the streams are as fresh as without it, and nothing weak is spoken."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from mjpeg_viewer.multipart import BOUNDARY
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.outside import Outside
from mjpeg_viewer.web.tls import Certificate
from mjpeg_viewer.web.viewer import Viewer
from mjpeg_viewer.web.writing import count_unsent
from tests.certificates import make_certificate, trust
from tests.kit import Site, read_part, receiving, run_site, until
from tests.raw import PATIENCE
from tests.web.conftest import USERS
from tests.web.test_connections import connect

pytestmark = pytest.mark.both_loops

STREAM = "/cameras/beam/stream.mjpg?quality=100"
DELIMITER = f"--{BOUNDARY}\r\n".encode()


@asynccontextmanager
async def run_encrypted(beam: Simulator, folder: Path, users: dict[str, str] | None = None) -> AsyncIterator[Site]:
    """A server that speaks TLS, and a session that trusts it."""
    chain, key = make_certificate(folder)
    outside = Outside(encrypted=True)
    tls = Certificate(chain, key).load()
    async with run_site({"beam": beam.url}, users=users, outside=outside, tls=tls, trust=trust(chain)) as site:
        await receiving(beam)
        yield site


@pytest.fixture
async def encrypted(beam: Simulator, tmp_path: Path) -> AsyncIterator[Site]:
    async with run_encrypted(beam, tmp_path) as site:
        yield site


@contextmanager
def connect_encrypted(port: int, chain: Path, path: str) -> Iterator[ssl.SSLSocket]:
    """Connect and ask, with as small a buffer as there is, and read nothing that is not asked for."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(PATIENCE)
        sock.connect(("127.0.0.1", port))
        with trust(chain).wrap_socket(sock, server_hostname="127.0.0.1") as wrapped:
            wrapped.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            yield wrapped


class Chunks:
    """Reads the chunks of an answer."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._file = sock.makefile("rb")

    def skip_head(self) -> None:
        while self._file.readline() != b"\r\n":
            pass

    def take(self) -> bytes:
        size = int(self._file.readline(), 16)
        chunk = self._file.read(size + 2)
        return chunk[:-2]


def get_viewer(site: Site) -> Viewer:
    (viewer,) = site.viewers
    return viewer


def get_unsent(viewer: Viewer) -> int:
    assert viewer._transport is not None
    return count_unsent(viewer._transport, viewer._carrier)


async def send_one(site: Site, beam: Simulator) -> None:
    camera = site.cameras["beam"]
    before = camera.encoded
    beam.send()
    await until(lambda: camera.encoded > before)


async def test_stream_and_events_run(encrypted: Site, beam: Simulator):
    """Each frame arrives, pictures and values alike; with TLS there is HSTS."""
    async with encrypted.pictures() as pictures, encrypted.events() as events:
        assert encrypted.base.startswith("https://")
        await encrypted.until_watched(viewers=2)
        for number in range(1, 31):
            beam.send()
            assert (await pictures.take()).number == number
            assert (await events.take("frame")).data["pulse_id"] == number
        assert pictures.response.headers["Strict-Transport-Security"].startswith("max-age=")


async def test_plain_http_promises_no_tls(site: Site):
    """HSTS over plain HTTP would be a lie."""
    async with site.get("/healthz") as response:
        assert "Strict-Transport-Security" not in response.headers


async def test_stalled_viewer_holds_no_more_than_one_part(encrypted: Site, beam: Simulator, tmp_path: Path):
    """TLS has two buffers more; however long a viewer does not read, there is less than one part in all of them."""
    opening = connect_encrypted(encrypted.port, tmp_path / "one.pem", STREAM)
    with ExitStack() as stack:
        sock = await asyncio.to_thread(stack.enter_context, opening)
        await encrypted.until_watched()
        viewer = get_viewer(encrypted)
        while not viewer.skipped:
            await send_one(encrypted, beam)
        on_its_way = viewer.sent
        largest = viewer.sent_bytes // on_its_way
        for _ in range(30):
            await send_one(encrypted, beam)
            assert viewer.sent == on_its_way
            assert get_unsent(viewer) < largest * 1.1 + 1000
        newest = beam.pulse_id - 1
        await until(lambda: viewer.skipped == newest - on_its_way - 1)
        chunks = Chunks(sock)

        def read(count: int) -> list[int | None]:
            return [read_part(chunks.take(), DELIMITER).number for _ in range(count)]

        await asyncio.to_thread(chunks.skip_head)
        assert await asyncio.to_thread(chunks.take) == DELIMITER
        assert await asyncio.to_thread(read, on_its_way + 1) == [*range(1, on_its_way + 1), newest]
        await until(lambda: not get_unsent(viewer))
        beam.send()
        assert await asyncio.to_thread(read, 1) == [newest + 1]
        transport = viewer._transport
        assert transport is not None
        lowat = transport.get_extra_info("socket").getsockopt(
            socket.IPPROTO_TCP, getattr(socket, "TCP_NOTSENT_LOWAT", 25)
        )
        assert lowat == 16 * 1024


@pytest.mark.parametrize("parting", ["in order", "without a word"])
async def test_leaving_is_noticed_in_silence(encrypted: Site, tmp_path: Path, quiet, parting: str):
    """Without a frame flowing, whoever leaves is gone at once, and nobody complains."""
    opening = connect_encrypted(encrypted.port, tmp_path / "one.pem", STREAM)
    with ExitStack() as stack:
        sock = await asyncio.to_thread(stack.enter_context, opening)
        await encrypted.until_watched()
        if parting == "in order":
            unwrapping = asyncio.create_task(asyncio.to_thread(sock.unwrap))
            await until(lambda: not list(encrypted.viewers))
            sock.close()
            await asyncio.wait({unwrapping})
            unwrapping.exception()
        else:
            sock.close()
            await until(lambda: not list(encrypted.viewers))
    await until(lambda: not encrypted.app_server.connections)


async def test_slow_viewer_that_is_lost_harms_nobody(encrypted: Site, beam: Simulator):
    """What TLS is laid over is closed before the viewer is told; to offer and to look meanwhile is no error."""
    async with encrypted.pictures() as pictures:
        beam.send()
        await pictures.take()
        (viewer,) = encrypted.viewers
        item, carrier = viewer.newest, viewer._carrier
        assert item is not None
        assert carrier is not None
        viewer._slow = True
        carrier.abort()
        while viewer._pacer is not None and viewer._pacer._sock.fileno() >= 0:
            await asyncio.sleep(0)
        assert not viewer.reason
        viewer.tick(0.0)
        viewer._slow = True
        viewer.offer(item)
        await until(lambda: not list(encrypted.viewers))


async def test_end_of_the_server_ends_streams(beam: Simulator, tmp_path: Path, quiet):
    """Open streams do not hold up the end, nor does it leave a word behind."""
    async with run_encrypted(beam, tmp_path) as site, site.pictures() as pictures:
        site.viewers.close_all("server stopping")
        async with asyncio.timeout(PATIENCE):
            await pictures.response.content.read()


async def test_cookie_is_for_https_alone(beam: Simulator, tmp_path: Path):
    """The cookie has the prefix that keeps it from plain http, and is deleted as it was made."""
    async with run_encrypted(beam, tmp_path, USERS) as site:
        cookie = await site.log_in("ada", "right")
        assert cookie["Cookie"].startswith(f"__Host-mjpeg-viewer-{site.port}=")
        async with site.get("/state", headers=cookie) as response:
            assert response.status == 200
        async with site.session.post(f"{site.base}/logout", headers=cookie, allow_redirects=False) as response:
            assert "Max-Age=0" in response.headers["Set-Cookie"]
            assert "Secure" in response.headers["Set-Cookie"]
        async with site.get("/state", headers=cookie) as response:
            assert response.status == 401


# -- what is not spoken


def shake_hands(port: int, chain: Path, **settings: object) -> tuple[str | None, str]:
    context = trust(chain)
    context.set_ciphers("ALL:@SECLEVEL=0")
    for name, value in settings.items():
        if name == "ciphers":
            context.set_ciphers(f"{value}:@SECLEVEL=0")
        else:
            setattr(context, name, value)
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as sock,
        context.wrap_socket(sock, server_hostname="localhost") as wrapped,
    ):
        cipher = wrapped.cipher()
        assert cipher
        return wrapped.version(), cipher[0]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_modern_versions_are_spoken(encrypted: Site, tmp_path: Path, version: ssl.TLSVersion):
    """TLS 1.2 and 1.3, with forward secrecy and authenticated ciphers."""
    settings = {"minimum_version": version, "maximum_version": version}
    spoken, cipher = await asyncio.to_thread(shake_hands, encrypted.port, tmp_path / "one.pem", **settings)
    assert spoken == version.name.replace("_", ".")
    assert cipher.startswith(("ECDHE-", "TLS_"))
    assert "GCM" in cipher or "CHACHA20" in cipher


@pytest.mark.parametrize("size", [1 << 14, 100, 1])
async def test_first_bytes_are_taken_whenever_they_come(encrypted: Site, tmp_path: Path, quiet, size: int):
    """First bytes may be here before the connection is, in any pieces: none is lost, and none complained of."""

    async def ask() -> bytes:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trust(tmp_path / "one.pem").wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        answer = bytearray()
        with socket.create_connection(("127.0.0.1", encrypted.port)) as sock:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            loop, asked = asyncio.get_running_loop(), False
            while not answer.endswith(b"ok\n"):
                try:
                    if not asked:
                        tls.do_handshake()
                        tls.write(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
                        asked = True
                    answer += tls.read(1 << 16)
                except ssl.SSLWantReadError:
                    waiting = outgoing.read()
                    for start in range(0, len(waiting), size):
                        await loop.sock_sendall(sock, waiting[start : start + size])
                    if not answer.endswith(b"ok\n"):
                        incoming.write(await loop.sock_recv(sock, 1 << 16))
        return bytes(answer)

    async with asyncio.timeout(PATIENCE):
        answers = await asyncio.gather(*(ask() for _ in range(30)))
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize(
    "settings",
    [
        {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1_1},
        {"maximum_version": ssl.TLSVersion.TLSv1_2, "ciphers": "ECDHE-ECDSA-AES128-SHA"},
        {"maximum_version": ssl.TLSVersion.TLSv1_2, "ciphers": "ECDHE-ECDSA-AES256-SHA384"},
        {"maximum_version": ssl.TLSVersion.TLSv1_2, "ciphers": "AES128-GCM-SHA256"},
    ],
    ids=["TLS 1.1", "CBC with SHA-1", "CBC with SHA-2", "no forward secrecy"],
)
async def test_nothing_weak_is_spoken(encrypted: Site, tmp_path: Path, settings: dict[str, object]):
    """Old versions and ciphers are refused in the handshake, and counted."""
    with pytest.raises(ssl.SSLError):
        await asyncio.to_thread(shake_hands, encrypted.port, tmp_path / "one.pem", **settings)
    await until(lambda: encrypted.entrance.refused.counts == {"TLS handshake": 1})


async def test_plain_http_is_refused_and_counted(encrypted: Site):
    """Who speaks plain HTTP to the TLS port gets no answer in plain, and is one counted line."""
    async with encrypted.raw("/healthz") as raw:
        assert b"HTTP" not in await raw.read_to_end()
    await until(lambda: encrypted.entrance.refused.counts == {"TLS handshake": 1})


async def test_half_a_handshake_ends_and_counts(beam: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Handshakes that are never ended count against the limit, and are let go; those who watch do not notice."""
    monkeypatch.setattr("mjpeg_viewer.web.encrypting.HEAD_TIMEOUT", 2.0)  # all of them come before the first is let go
    async with run_encrypted(beam, tmp_path) as site, site.pictures() as pictures:
        async with AsyncExitStack() as stack:
            for _ in range(30):
                raw = await connect(stack, site.port)
                await asyncio.get_running_loop().sock_sendall(raw.sock, b"\x16\x03\x01\x02\x00\x01")
            await until(lambda: site.entrance._open.total() == 31)
            beam.send()
            assert (await pictures.take()).number == 1
            await until(lambda: site.entrance._open.total() == 1)
        assert site.entrance.refused.counts == {"TLS handshake": 30}
        beam.send()
        assert (await pictures.take()).number == 2
