"""What programs ask, and what the server says of errors."""

import logging

import pytest

from mjpeg_viewer import __version__
from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.web import state as state_module
from tests.kit import Site, receiving, run_site, until

BROWSER = {"Accept": "text/html,application/xhtml+xml", "User-Agent": "Mozilla/5.0"}


async def test_state_tells_of_each_camera(beam: Simulator):
    """Every camera stands in it, with what it does, since when, why, and its counters."""
    with Simulator(Beam(64, 48)) as gone:
        absent = gone.url
    async with run_site({"beam": beam.url, "absent": absent}) as site:
        await receiving(beam)
        beam.send(3)
        await until(lambda: site.cameras["beam"].status.online)
        await until(lambda: "nobody" in site.cameras["absent"].status.reason)
        state = await site.read_json("/state")
    assert state["version"] == __version__
    assert 0 <= state["uptime"] < 60
    assert list(state["cameras"]) == ["beam", "absent"]
    shown, other = state["cameras"].values()
    assert (shown["status"], shown["online"], shown["reason"]) == ("live", True, "")
    assert shown["source"] == beam.address
    assert shown["connected"] is True
    assert shown["received"] == shown["messages_received"] == 3
    assert shown["bytes_received"] > 3 * 2 * 320 * 240
    assert shown["last_message"] >= shown["since"] > 1.7e9
    assert shown["encoded"] == shown["displaced"] == shown["undecodable"] == 0
    assert shown["viewers"] == []
    assert (other["status"], other["online"], other["last_message"]) == ("connecting", False, None)
    assert "is the sender running?" in other["reason"]


async def test_viewers_are_listed(site: Site, beam: Simulator):
    """Everyone who watches stands in the state, with what was sent, until he leaves."""
    async with site.pictures() as pictures, site.events("/events") as events:
        await site.until_watched(viewers=2)
        beam.send()
        picture = await pictures.take()
        await events.take("frame")
        stream, feed = sorted((await site.read_json("/state"))["cameras"]["beam"]["viewers"], key=lambda v: v["since"])
        assert (stream["kind"], feed["kind"]) == ("stream", "events")
        assert stream["address"] == "127.0.0.1"
        assert stream["user"] == stream["provider"] == ""
        assert (stream["sent"], stream["skipped"]) == (1, 0)
        assert stream["sent_bytes"] > len(picture.jpeg)
    await until(lambda: not list(site.viewers))
    assert (await site.read_json("/state"))["cameras"]["beam"]["viewers"] == []


async def test_healthz_is_open_and_says_nothing_else(beam: Simulator):
    """A load balancer learns that the server answers, and nobody learns more."""
    async with run_site({"beam": beam.url}, users={"ada": "secret"}) as site, site.get("/healthz") as response:
        assert response.status == 200
        assert await response.read() == b"ok\n"
        assert response.content_type == "text/plain"


@pytest.mark.parametrize(
    "path", ["/nothing", "/cameras", "/cameras/beam/", "/cameras/beam/nothing", "/static/nothing.js"]
)
async def test_unknown_address_is_a_page_for_people_and_a_line_for_programs(site: Site, path: str):
    """404 is HTML with a way back for who reads HTML, else one line of text."""
    async with site.get(path, headers=BROWSER) as response:
        page = await response.text()
        assert (response.status, response.content_type) == (404, "text/html")
        assert 'href="/"' in page
        assert "<h1>Not Found</h1>" in page
        assert "There is nothing at this address." in page
    async with site.get(path) as response:
        assert (response.status, response.content_type) == (404, "text/plain")
        assert await response.text() == "There is nothing at this address.\n"


async def test_wrong_method_names_the_right_ones(site: Site):
    """405 says in Allow what would do."""
    async with site.session.put(f"{site.base}/state") as response:
        assert response.status == 405
        assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD"}


async def test_fault_of_the_server_is_logged_and_not_told(site: Site, monkeypatch, caplog: pytest.LogCaptureFixture):
    """Whatever nobody foresaw is a 500 that says no more than that; the log has the traceback."""

    def fail(*_args: object) -> None:
        raise RuntimeError("the inner secret")

    monkeypatch.setattr(state_module, "_describe", fail)
    for headers in ({}, BROWSER):
        async with site.get("/state", headers=headers) as response:
            body = await response.text()
            assert response.status == 500
        assert "The server failed at this" in body
        assert "inner secret" not in body
        assert "Traceback" not in body
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == ["GET /state failed"] * 2
    assert all(record.exc_info for record in errors)
