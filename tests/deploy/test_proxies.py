"""Through the proxies of deploy/ all is as it is without: as fresh, as closed, and as soon ended."""

import asyncio
import socket
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote

import aiohttp
import pytest

from mjpeg_viewer.multipart import BOUNDARY
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.forwarded import Proxies
from mjpeg_viewer.web.outside import Outside
from tests.deploy.proxies import FILES, Proxy, run_proxy
from tests.kit import PATIENCE, Site, basic, receiving, run_site, until

STREAM = "/cameras/beam/stream.mjpg"
DELIMITER = f"--{BOUNDARY}\r\n".encode()
USERS = {"ada": "right"}

# HAProxy without http-no-delay, or a proxy that sends when it has a bufferful, is later than this.
MOST_DELAY = 0.1


@pytest.fixture
async def site(beam: Simulator) -> AsyncIterator[Site]:
    """A server where one must log in."""
    async with run_site({"beam": beam.url}, users=USERS) as running:
        await receiving(beam)
        yield running


@pytest.fixture(params=FILES)
async def proxy(request: pytest.FixtureRequest, site: Site, tmp_path: Path) -> AsyncIterator[Proxy]:
    """Each of the proxies in front of it."""
    async with run_proxy(request.param, site.port, tmp_path) as running:
        yield running


@asynccontextmanager
async def curl(site: Site, url: str, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Let curl watch what ada may; the server counts it when the block begins, and it is killed when that ends."""
    before = set(site.viewers)
    process = await asyncio.create_subprocess_exec(
        *("curl", "--silent", "--show-error", "--no-buffer", "--fail", "--user", "ada:right", *options, url),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        await until(lambda: bool(set(site.viewers) - before) or process.returncode is not None)
        assert process.returncode is None
        await site.until_watched()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def read_until_end(process: asyncio.subprocess.Process, *marks: bytes, end: bytes) -> bytes:
    """Read until all marks came, and the end is the last that came."""
    assert process.stdout
    seen = b""
    async with asyncio.timeout(PATIENCE):
        while not (all(mark in seen for mark in marks) and seen.endswith(end)):
            received = await process.stdout.read(1 << 16)
            assert received, f"the stream ended after {seen[:300]!r}"
            seen += received
    return seen


async def measure(site: Site, beam: Simulator, base: str, *options: str) -> list[float]:
    """Send frame by frame, each when the one before has come, as picture and as event; how long each took, in s."""
    async with curl(site, base + STREAM, *options) as stream, curl(site, f"{base}/events", *options) as events:
        await read_until_end(stream, end=DELIMITER)
        await read_until_end(events, b"event: status", end=b"\n\n")
        await site.until_watched(viewers=2)
        delays = []
        for _ in range(12):
            number = beam.pulse_id
            began = time.monotonic()
            beam.send()
            await asyncio.gather(
                read_until_end(stream, b"X-Pulse-Id: %d\r\n" % number, end=DELIMITER),
                read_until_end(events, b"event: frame\nid: %d\n" % number, end=b"\n\n"),
            )
            delays.append(time.monotonic() - began)
    return delays


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
async def test_picture_and_event_are_as_fresh_as_direct(site: Site, beam: Simulator, proxy: Proxy, version: str):
    """Each frame is at the viewer, whole, before the next is sent, and hardly later than without a proxy."""
    direct = await measure(site, beam, site.base)
    through = await measure(site, beam, proxy.base, version, "--cacert", str(proxy.certificate))
    print(f"ms: direct {1000 * statistics.median(direct):.1f}, {proxy.name} {1000 * statistics.median(through):.1f}")
    assert statistics.median(through) < statistics.median(direct) + MOST_DELAY


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
@pytest.mark.parametrize("path", [STREAM, "/cameras/beam/events"])
async def test_who_leaves_is_gone_behind_a_proxy_too(site: Site, proxy: Proxy, version: str, path: str):
    """Without a frame flowing, the server hears at once that a viewer left."""
    async with curl(site, proxy.base + path, version, "--cacert", str(proxy.certificate)):
        assert len(list(site.viewers)) == 1
    await until(lambda: not list(site.viewers))


async def test_login_leads_back_with_a_cookie_for_https_alone(site: Site, proxy: Proxy):
    """The form of the proxy's own address is taken, another site's is not; the way back stays at the proxy."""
    form = {"username": "ada", "password": "right", "next": "/state"}
    connector = aiohttp.TCPConnector(ssl=proxy.trust)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        async with session.get(f"{proxy.base}/", headers={"Accept": "text/html"}, allow_redirects=False) as asked:
            assert (asked.status, unquote(asked.headers["Location"])) == (303, "/login?next=/")
        for origin, status in (("https://evil.example", 403), (proxy.base, 303)):
            async with session.post(
                f"{proxy.base}/login", data=form, headers={"Origin": origin}, allow_redirects=False
            ) as answer:
                assert answer.status == status
        assert answer.headers["Location"] == "/state"
        (cookie, *attributes) = answer.headers["Set-Cookie"].split("; ")
        assert {"HttpOnly", "SameSite=Lax"} <= set(attributes)
        assert "secure" in [attribute.lower() for attribute in attributes]
        async with session.get(f"{proxy.base}/state", headers={"Cookie": cookie}) as state:
            assert list((await state.json())["cameras"]) == ["beam"]
        async with session.get(f"{proxy.base}/state") as state:
            assert state.status == 401


@pytest.mark.parametrize("name", FILES)
async def test_trusted_proxy_tells_who_asks_and_how(beam: Simulator, tmp_path: Path, name: str):
    """With trusted_proxies each viewer has its own address, and what it writes into these headers itself is no use."""
    outside = Outside(Proxies(["127.0.0.1"]))
    async with (
        run_site({"beam": beam.url}, users=USERS, outside=outside) as site,
        run_proxy(name, site.port, tmp_path) as proxy,
    ):
        connector = aiohttp.TCPConnector(ssl=proxy.trust, local_addr=("127.0.0.2", 0), family=socket.AF_INET)
        lies = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(connector=connector, headers=lies, cookie_jar=jar) as session:
            form = {"username": "ada", "password": "right"}
            asked = session.post(
                f"{proxy.base}/login", data=form, headers={"Origin": proxy.base}, allow_redirects=False
            )
            async with asked as answer:
                assert answer.status == 303
                cookie = answer.headers["Set-Cookie"].split(";")[0]
                assert cookie.startswith("__Host-")
            async with session.get(proxy.base + STREAM, headers={"Cookie": cookie}) as answer:
                assert answer.status == 200
                await site.until_watched()
                (viewer,) = site.viewers
                assert viewer.address == "127.0.0.2"


async def test_snapshot_comes_through(site: Site, beam: Simulator, proxy: Proxy):
    """A snapshot is the next frame, with its headers."""
    connector = aiohttp.TCPConnector(ssl=proxy.trust)
    async with aiohttp.ClientSession(connector=connector, headers=basic("ada", "right")) as session:
        asking = asyncio.ensure_future(session.get(f"{proxy.base}/cameras/beam/snapshot.jpg"))
        await site.until_watched()
        beam.send()
        async with await asking as answer:
            assert answer.headers["X-Pulse-Id"] == "1"
            assert (await answer.read()).startswith(b"\xff\xd8")


async def test_plain_http_leads_to_https(site: Site, proxy: Proxy):
    """Nobody sends a password in clear by an old bookmark."""
    if not proxy.plain:
        pytest.skip("Caddy does so by itself, on port 80 alone, which no test may take")
    async with site.session.get(f"{proxy.plain}/cameras/beam?a=b", allow_redirects=False) as answer:
        assert answer.status == 301
        assert answer.headers["Location"].startswith("https://localhost")
        assert answer.headers["Location"].endswith("/cameras/beam?a=b")
