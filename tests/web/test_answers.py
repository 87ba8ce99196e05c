"""What is answered, to whomever: static files, safety headers, escaped names, and sense to nonsense."""

import asyncio
import re

import aiohttp
import pytest
from aiohttp import web

from tests.kit import Site, basic

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Accept": "text/html"}


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/web/app.py",
        "/static/..%2fweb%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2ftemplates/base.html",
        "/static/....//web/app.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/__init__.py",
        "/static/__pycache__/__init__.cpython-311.pyc",
        "/static/viewer.css/",
        "/static/viewer.css%00.js",
        "/static/",
        "/static",
        "/templates/base.html",
    ],
)
async def test_static_gives_out_nothing_but_its_own(closed: Site, path: str):
    """No way of writing a path leads to code, templates or the system's files."""
    async with closed.raw(path, "Connection: close") as raw:
        status, headers = await raw.read_head()
        body = await raw.read_to_end()
    assert status in (401, 403, 404)
    assert headers["Content-Type"].startswith("text/plain")
    assert body.count(b"\n") == 1


async def test_static_files_are_what_pages_need(closed: Site):
    """Each file that the pages name is there, with its type, and is sent again only when it changed."""
    types = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    named = set()
    for page in ("/", "/login"):
        async with closed.get(page, headers=basic("ada", "right")) as response:
            named |= set(re.findall(r'(?:href|src)="(/static/[^"]+)"', await response.text()))
    assert len(named) >= 3
    for path in named:
        async with closed.get(path) as response:
            assert (response.status, response.content_type) == (200, types[path.rpartition(".")[2]])
            assert response.headers["Cache-Control"] == "no-cache"
            tag = response.headers["ETag"]
        async with closed.get(path, headers={"If-None-Match": tag}) as response:
            assert response.status == 304


async def test_every_answer_carries_the_safety_headers(closed: Site):
    """Page, stream, error, redirection or file: each forbids foreign scripts, frames and guesses of its type."""
    inside = basic("ada", "right")
    asked: list[tuple[str, dict[str, str], int]] = [
        ("/", inside, 200),
        ("/", BROWSER, 303),
        ("/state", {}, 401),
        ("/login", {}, 200),
        ("/healthz", {}, 200),
        ("/static/viewer.css", {}, 200),
        ("/static/nothing.css", {}, 404),
        ("/nothing", inside, 404),
        ("/cameras/beam/stream.mjpg?width=1", inside, 400),
        ("/cameras/beam/stream.mjpg", inside, 200),
        ("/cameras/beam/events", inside, 200),
    ]
    for path, headers, status in asked:
        async with closed.get(path, headers=headers) as response:
            assert response.status == status, path
            policy = response.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'self'; ")
            assert "unsafe" not in policy
            assert "frame-ancestors 'self'" in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Referrer-Policy"] == "same-origin"
            embeddable = "same-site" if "/stream.mjpg" in path else "same-origin"
            assert response.headers["Cross-Origin-Resource-Policy"] == embeddable
            assert response.headers["Server"] == "mjpeg-viewer"
            if response.content_type in ("text/html", "text/plain"):
                assert response.charset == "utf-8", path
            assert response.headers["Cache-Control"] == ("no-cache" if "/static/" in path else "no-store")


SCRIPT = "<script>alert(1)</script>"


async def test_what_others_wrote_is_escaped(closed: Site):
    """A name in an address, the form or the way back shows as text, never as a part of the page."""
    inside = {**BROWSER, **basic("ada", "right")}
    quoted = "%3Cscript%3Ealert(1)%3C/script%3E"
    pages = []
    for path, headers in (
        ("/cameras/%3Cscript%3Ealert(1)%3C%2Fscript%3E", inside),
        (f"/cameras/beam/stream.mjpg?{quoted}=1", inside),
        (f"/cameras/beam/stream.mjpg?width={quoted}", inside),
        (f"/login?next=/{quoted}%22%3E{quoted}", BROWSER),
        (f"/login?once={quoted}", BROWSER),
    ):
        async with closed.get(path, headers=headers) as response:
            assert response.content_type == "text/html"
            pages.append(await response.text())
    form = {"username": f'"{SCRIPT}', "password": "x", "next": f'/"{SCRIPT}'}
    async with closed.session.post(f"{closed.base}/login", data=form, headers=BROWSER) as response:
        assert response.status == 401
        pages.append(await response.text())
    for page in pages:
        assert SCRIPT not in page
        assert '"<script' not in page
    assert "&lt;script&gt;" in pages[0]
    assert "&lt;script&gt;" in pages[-1]


async def test_pages_hold_no_inline_script_or_style(closed: Site):
    """What the policy would forbid is not there to begin with."""
    for path in ("/", "/login", "/nothing"):
        async with closed.get(path, headers={**BROWSER, **basic("ada", "right")}) as response:
            page = await response.text()
        assert re.search(r"<script(?![^>]* src=)", page) is None
        assert re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page) is None


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/state", ["Cookie: mjpeg-viewer-{port}=\udcff\udcfe"]),
        ("/state", ["Cookie: mjpeg-viewer-{port}="]),
        ("/state", ["Authorization: Basic \udcff"]),
        ("/state", ["Authorization: Basic"]),
        ("/state", ["Authorization: Basic /////w=="]),
        ("/login?next=//[", []),
        ("/login?next=%ff%00", []),
        ("/login?once=%ff", []),
        ("/%ff", ["Accept: text/html"]),
        ("//", []),
        ("http://127.0.0.1/state", []),
    ],
)
async def test_garbage_is_refused_without_a_fault(closed: Site, quiet, path: str, headers: list[str]):
    """Bytes that make no sense are the asker's fault: 4xx or the login page, never 500, never a traceback."""
    filled = [header.format(port=closed.port) for header in headers]
    async with closed.raw(path, "Connection: close", *filled) as raw:
        status, _ = await raw.read_head()
    assert status in (200, 303, 400, 401, 403, 404)


@pytest.mark.parametrize("path", ["/cameras/beam/events?viewer=\udcff", "/cameras/beam/events?viewer=%ff%ed%a0%80"])
async def test_garbage_in_a_page_id_harms_nobody(closed: Site, monkeypatch, path: str):
    """A page id that is no text is refused or shown, and the server lives on."""
    monkeypatch.setattr("mjpeg_viewer.web.viewers._TICK", 0.01)
    credentials = "Authorization: " + basic("ada", "right")["Authorization"]
    death = asyncio.ensure_future(closed.supervisor.wait_for_death())
    async with closed.raw(path, credentials) as raw:
        status, _ = await raw.read_head()
        if status == 200:
            await raw.read_until(b"event: viewer\n")
    assert status in (200, 400)
    assert not death.done()
    death.cancel()


async def test_large_forms_are_refused(closed: Site):
    """A form is as large as names and passwords are."""
    data = aiohttp.FormData({"username": "a" * 100_000, "password": "b"})
    async with closed.session.post(f"{closed.base}/login", data=data) as response:
        assert response.status == web.HTTPRequestEntityTooLarge.status_code


FILE_FIELD = b'--x\r\nContent-Disposition: form-data; name="username"; filename="f"\r\n\r\na\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"username=\xff&password=%ff"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"username=a"),
        ("multipart/form-data", b"username=a"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nbroken"),
        ("multipart/form-data; boundary=x", FILE_FIELD),
        ("application/json", b"{}"),
        ("application/x-www-form-urlencoded", b"username=ada&password=" + b"a%00" * 30),
    ],
)  # fmt: skip
async def test_broken_forms_are_refused(closed: Site, quiet, kind: str, body: bytes):
    """A form that cannot be read, or holds no password, logs nobody in and is no fault of the server."""
    async with closed.session.post(f"{closed.base}/login", data=body, headers={"Content-Type": kind}) as response:
        assert response.status in (400, 401, 415)
        assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip, deflate, br", True), ("br, GZIP;q=0.5", True), ("gzip;q=0, br", False), ("", False)],
)
async def test_static_files_are_compressed_for_who_takes_that(closed: Site, accepted: str, packed: bool):
    """The same file either way, each form with a tag by which it is not sent twice; pages are never compressed."""
    path = "/static/viewer.css"
    async with closed.get(path, headers={"Accept-Encoding": accepted}) as response:
        assert (response.headers.get("Content-Encoding") == "gzip") == packed
        assert response.headers["Vary"] == "Accept-Encoding"
        tag = response.headers["ETag"]
        assert int(response.headers["Content-Length"]) < 4000 or not packed
        body = await response.read()
    async with closed.get(path, headers={"Accept-Encoding": "identity"}) as response:
        assert await response.read() == body
        assert (response.headers["ETag"] == tag) != packed
    async with closed.get(path, headers={"Accept-Encoding": accepted, "If-None-Match": tag}) as response:
        assert (response.status, await response.read()) == (304, b"")
    async with closed.get("/login", headers={"Accept-Encoding": accepted}) as response:
        assert "Content-Encoding" not in response.headers


@pytest.mark.parametrize("text", ["", "javascript:alert(1)", "WIFI:S:x;;", "http://a\nb", "https://" + "a" * 1000])
async def test_only_addresses_become_qr_codes(site: Site, text: str):
    """A link to this server makes no phone do something else than open a page."""
    async with site.get("/qr.svg", params={"text": text}) as response:
        assert response.status == 400
        assert "expected" in await response.text()
