"""Ways in that were tried with the source at hand, beyond those that other tests stand for."""

import asyncio
import logging
import time

import pytest

from mjpeg_viewer.errors import RenditionError
from mjpeg_viewer.query import parse_rendition, parse_selection
from mjpeg_viewer.simulator import Simulator
from tests.kit import PATIENCE, Site, basic

INSIDE = basic("ada", "right")


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:{port}@evil.example",
        "http://evil.example#127.0.0.1:{port}",
        "http://evil.example/127.0.0.1:{port}",
        "ftp://127.0.0.1:{port}",
        "http://localhost:{port}",
        "http://127.0.0.1",
        "http://127.0.0.1:{port}/",
        "http://127.0.0.1:{port} http://evil.example",
        "http://127.0.0.1:{port}\r\nOrigin: http://evil.example",
        "https://evil.example",
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_no_other_site_changes_a_background(beam: Simulator, closed: Site, method: str, origin: str):
    """What a foreign page makes a browser send, with the right session, captures and forgets nothing."""
    lines = [("Origin", line) for line in origin.format(port=closed.port).split("\r\nOrigin: ")]
    headers = [*(await closed.log_in("ada", "right")).items(), *lines]
    async with closed.session.request(
        method, f"{closed.base}/cameras/beam/background", headers=headers, data={"frames": "1"}
    ) as response:
        assert response.status == 403
    assert closed.cameras["beam"].background.held is None
    assert closed.cameras["beam"].viewers == 0


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_no_other_site_reads_an_answer(closed: Site, origin: str):
    """No answer allows another origin to read it, a preflight included (CORS); not even to learn that it is there."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x"}
    for headers in ({}, INSIDE):
        for method, path in (
            ("GET", "/state"),
            ("GET", "/events"),
            ("GET", "/cameras/beam/stream.mjpg"),
            ("GET", "/login"),
            ("GET", "/healthz"),
            ("OPTIONS", "/state"),
            ("OPTIONS", "/cameras/beam/background"),
        ):
            async with closed.session.request(method, closed.base + path, headers={**asked, **headers}) as response:
                found = [name for name in response.headers if name.lower().startswith("access-control-")]
                assert found == [], path


async def test_method_in_a_header_or_field_is_none(closed: Site):
    """What some frameworks take for another method or address is ignored."""
    for headers in (
        {"X-HTTP-Method-Override": "GET"},
        {"X-Original-URL": "/healthz"},
        {"X-Rewrite-URL": "/healthz"},
        {"X-Forwarded-User": "ada"},
        {"X-Remote-User": "ada"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
    ):
        async with closed.get("/state?_method=GET&user=ada", headers=headers) as response:
            assert response.status in (400, 401)


async def test_parts_of_a_cookie_are_no_cookie(closed: Site):
    """A session shortened, lengthened, changed in one byte or under another server's name is nobody's."""
    name, _, value = (await closed.log_in("ada", "right"))["Cookie"].partition("=")
    middle = len(value) // 2
    changed = value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]
    for cookie in (
        f"{name}={value[:-8]}",
        f"{name}={value}AAAA",
        f"{name}={changed}",
        f"mjpeg-viewer-1={value}",
        f"{name.upper()}={value}",
        f"{name}=gAAAAA==",
        f"{name}=%7B%22user%22%3A%22ada%22%7D",
        f'{name}={{"user":"ada"}}',
    ):
        async with closed.get("/state", headers={"Cookie": cookie}) as response:
            assert response.status == 401, cookie
    async with closed.get("/state", headers={"Cookie": f"{name}={value}"}) as response:
        assert response.status == 200


async def test_login_ends_the_session_before_it(closed: Site):
    """Who logs in anew leaves no session behind of which a copy could be used; others keep theirs."""
    first, other = await closed.log_in("ada", "right"), await closed.log_in("ada", "right")
    form = {"username": "bob", "password": "other"}
    async with closed.events("/events", headers=first) as events:
        async with closed.session.post(
            f"{closed.base}/login", data=form, headers=first, allow_redirects=False
        ) as response:
            assert response.status == 303
            second = {"Cookie": response.headers["Set-Cookie"].split(";")[0]}
        async with asyncio.timeout(PATIENCE):
            await events.response.content.read()  # to the end
    for cookie, status in ((first, 401), (second, 200), (other, 200)):
        async with closed.get("/state", headers=cookie) as response:
            assert response.status == status


async def test_address_forges_no_log_line(closed: Site, caplog: pytest.LogCaptureFixture, monkeypatch):
    """A fault is logged with its address as it was sent, without the query: one line, and no secret."""
    monkeypatch.setattr("mjpeg_viewer.web.streams.parse_rendition", lambda *_, **__: 1 / 0)
    caplog.set_level(logging.ERROR)
    forged = "/cameras/beam/stream%2Emjpg?token=secret&a=%0a2026-01-01%20ERROR%20forged%1b[31m"
    async with closed.get(forged, headers=INSIDE) as response:
        assert response.status == 500
        assert "Traceback" not in await response.text()
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.isprintable()
    assert "secret" not in message


@pytest.mark.parametrize(
    "text", ["9" * 8000 + "x", "." + "9" * 8000 + "x", "1e" + "9" * 8000, "9" * 8000 + "e", "-" * 8000]
)
def test_long_numbers_take_no_time(text: str):
    """A parameter as long as a line may be is refused at once: nobody stops the loop with it."""
    began = time.process_time()
    for query in ({"fps": text}, {"levels": "fixed", "low": text, "high": text}):
        with pytest.raises(RenditionError):
            parse_rendition(query)
    with pytest.raises(RenditionError):
        parse_selection({"rate": text})
    assert time.process_time() - began < 0.1
