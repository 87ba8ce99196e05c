"""Logging in and out: by form, by link, by name and password; and what ends with it."""

import asyncio
import re
import time
from types import SimpleNamespace

import pytest

from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.sessions import MAX_AGE
from tests.kit import Site, basic, run_site, until
from tests.raw import PATIENCE
from tests.web.conftest import USERS

BROWSER = {"User-Agent": "Mozilla/5.0", "Accept": "text/html"}


async def post(site: Site, path: str, headers: dict[str, str] | None = None, **fields: str):
    """Send a form; status, headers and text of the answer."""
    async with site.session.post(site.base + path, data=fields, headers=headers, allow_redirects=False) as response:
        return response.status, response.headers, await response.text()


async def status_of(site: Site, headers: dict[str, str], path: str = "/state") -> int:
    """The status of an answer."""
    async with site.get(path, headers=headers) as response:
        return response.status


# -- in


async def test_form_gives_a_cookie_and_the_page(closed: Site):
    """A browser is led to the form and from it to where it was going; the cookie is out of scripts' reach."""
    async with closed.get("/cameras/beam", headers=BROWSER) as response:
        assert response.status == 303
        form = response.headers["Location"]
    async with closed.get(form, headers=BROWSER) as response:
        page = await response.text()
    after = re.search(r'name="next" type="hidden" value="([^"]*)"', page)
    assert after
    status, headers, _ = await post(closed, "/login", username="ada", password="right", next=after[1])
    assert status == 303
    assert headers["Location"] == "/cameras/beam"
    cookie, *attributes = headers["Set-Cookie"].split("; ")
    assert cookie.startswith(f"mjpeg-viewer-{closed.port}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={MAX_AGE}"} <= set(attributes)
    assert 0 < MAX_AGE <= 7 * 86400
    assert not any(attribute.startswith("Domain") for attribute in attributes)
    for secret in ("ada", "right"):
        assert secret not in cookie
    async with closed.get("/cameras/beam", headers={"Cookie": cookie, **BROWSER}) as response:
        assert response.status == 200
        page = await response.text()
    assert 'action="/logout"' in page
    assert '<span class="user">ada</span>' in page


@pytest.mark.parametrize(
    ("user", "password"),
    [("ada", "wrong"), ("ada", ""), ("", "right"), ("", ""), ("nobody", "right"), ("ADA", "right")],
)
async def test_wrong_password_is_refused_with_a_sentence(closed: Site, user: str, password: str):
    """401, the form again with the name filled in, no cookie, and no hint which of the two was wrong."""
    status, headers, page = await post(closed, "/login", username=user, password=password, next="/state")
    assert status == 401
    assert "Name or password is wrong." in page
    assert "Set-Cookie" not in headers
    assert f'name="username" value="{user}"' in page
    assert 'value="/state"' in page


@pytest.mark.parametrize(
    "after", ["/", "/cameras/beam", "/cameras/beam/stream.mjpg?width=160&quality=50", "/?a=//b", "/%C3%BC", "/a:b"]
)
async def test_way_back_is_kept(closed: Site, after: str):
    """After the login comes the page that was asked for."""
    _, headers, _ = await post(closed, "/login", username="ada", password="right", next=after)
    assert headers["Location"] == after


@pytest.mark.parametrize(
    "after",
    [
        "//evil.example",
        "///evil.example",
        "/////evil.example/a",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "//[",
        "",
        " //evil.example",
    ],
)
async def test_login_leads_nowhere_else(closed: Site, after: str):
    """Whatever the link said, after the login one is still here; as the form's field and as the link's query."""
    _, headers, _ = await post(closed, "/login", username="ada", password="right", next=after)
    assert headers["Location"] == "/"
    async with closed.session.get(f"{closed.base}/login", params={"next": after}) as response:
        assert 'name="next" type="hidden" value="/"' in await response.text()


async def test_no_login_where_none_is_needed(site: Site):
    """Without users everybody watches, there is no logout, and the form leads on."""
    async with site.get("/login?next=/state") as response:
        assert (response.status, response.headers["Location"]) == (303, "/state")
    async with site.get("/", headers=BROWSER) as response:
        assert "/logout" not in await response.text()


async def test_link_logs_in_once(beam: Simulator):
    """The link that the server prints works once, with its own secret only, and says so afterwards."""
    async with run_site({"beam": beam.url}, users=USERS, link_user="bob") as site:
        link = f"/login?once={site.logins.link_secret}"
        async with site.get("/login?once=guessed") as response:
            assert response.status == 200
            assert "Set-Cookie" not in response.headers
        async with site.get(link) as response:
            assert (response.status, response.headers["Location"]) == (303, "/")
            cookie = {"Cookie": response.headers["Set-Cookie"].split(";")[0]}
        async with site.get("/", headers={**cookie, **BROWSER}) as response:
            assert '<span class="user">bob</span>' in await response.text()
        async with site.get(link) as response:
            assert "Set-Cookie" not in response.headers
            assert "used already" in await response.text()


async def test_link_is_no_door_where_there_is_none(closed: Site):
    """A server with a users file has no link, not even an empty one."""
    for secret in ("", "None", "null"):
        async with closed.get(f"/login?once={secret}") as response:
            assert response.status == 200
            assert "Set-Cookie" not in response.headers


async def test_login_makes_a_new_session(closed: Site):
    """A cookie that the browser brought is not the one that it has after the login, and opens nothing any more."""
    before = await closed.log_in("bob", "other")
    status, headers, _ = await post(closed, "/login", headers=before, username="ada", password="right")
    assert status == 303
    after = {"Cookie": headers["Set-Cookie"].split(";")[0]}
    assert after != before
    async with closed.get("/", headers={**after, **BROWSER}) as response:
        assert '<span class="user">ada</span>' in await response.text()
    async with closed.get("/", headers={**before, **BROWSER}) as response:
        assert response.status == 303


async def test_programs_send_name_and_password(closed: Site, beam: Simulator):
    """With HTTP Basic stream, events and state are open to a program at once, without a cookie."""
    async with (
        closed.pictures(headers=basic("ada", "right")) as pictures,
        closed.events(headers=basic("bob", "other")) as events,
    ):
        await closed.until_watched(viewers=2)
        assert "Set-Cookie" not in pictures.response.headers
        beam.send()
        assert (await pictures.take()).number == 1
        assert (await events.take("frame")).data["pulse_id"] == 1
        async with closed.get("/state", headers=basic("ada", "right")) as response:
            viewers = (await response.json())["cameras"]["beam"]["viewers"]
        assert sorted(viewer["user"] for viewer in viewers) == ["ada", "bob"]


# -- out


async def test_logout_ends_the_session_and_what_it_watches(beam: Simulator, monkeypatch: pytest.MonkeyPatch, quiet):
    """Streams and events of the session end at once, copies of its cookie are worth nothing, others go on."""
    monkeypatch.setattr("mjpeg_viewer.web.viewers._TICK", 1e6)  # not when the server next looks around
    async with run_site({"beam": beam.url}, users=USERS) as site:
        cookie, other = await site.log_in("ada", "right"), await site.log_in("ada", "right")
        async with (
            site.pictures(headers=cookie) as mine,
            site.events(headers=cookie) as my_events,
            site.pictures(headers=other),
            site.pictures(headers=basic("ada", "right")),
        ):
            await site.until_watched(viewers=4)
            status, headers, _ = await post(site, "/logout", headers=cookie)
            assert (status, headers["Location"]) == (303, "/login")
            assert re.match(rf'mjpeg-viewer-{site.port}=("")?;.*Max-Age=0', headers["Set-Cookie"])
            async with asyncio.timeout(PATIENCE):
                await mine.response.content.read()
                await my_events.response.content.read()
            await until(lambda: len(list(site.viewers)) == 2)
            assert await status_of(site, cookie) == 401
            assert await status_of(site, cookie, "/cameras/beam/stream.mjpg") == 401
            assert await status_of(site, other) == 200


async def test_logout_everywhere_ends_all_of_ones_sessions(beam: Simulator, monkeypatch: pytest.MonkeyPatch, quiet):
    """Every cookie of the user is void and what it watches ends at once; others and later logins are not touched."""
    monkeypatch.setattr("mjpeg_viewer.web.viewers._TICK", 1e6)
    now = time.time()
    monkeypatch.setattr("mjpeg_viewer.web.logins.time", SimpleNamespace(time=lambda: now))
    async with run_site({"beam": beam.url}, users=USERS) as site:
        ada = [await site.log_in("ada", "right") for _ in range(3)]
        bob = await site.log_in("bob", "other")
        async with (
            site.pictures(headers=ada[0]) as mine,
            site.pictures(headers=ada[1]) as my_other,
            site.pictures(headers=bob),
            site.pictures(headers=basic("ada", "right")),
        ):
            status, headers, _ = await post(site, "/logout", headers=ada[1], everywhere="1")
            assert (status, headers["Location"]) == (303, "/login")
            async with asyncio.timeout(PATIENCE):
                await mine.response.content.read()
                await my_other.response.content.read()
            await until(lambda: len(list(site.viewers)) == 2)
            assert [await status_of(site, cookie) for cookie in ada] == [401] * 3
            assert await status_of(site, bob) == 200
            # Within the same second, which stands still here, and again.
            again = await site.log_in("ada", "right")
            assert await status_of(site, again) == 200
            await post(site, "/logout", headers=again, everywhere="1")
            assert await status_of(site, again) == 401
            assert await status_of(site, await site.log_in("ada", "right")) == 200


async def test_page_offers_both_ways_out(closed: Site):
    """One button ends this session, another all of them."""
    async with closed.get("/", headers={**await closed.log_in("ada", "right"), **BROWSER}) as response:
        form = re.search(r'<form[^>]*action="/logout">.*?</form>', await response.text(), re.DOTALL)
    assert form
    assert re.findall(r"<button[^>]*>(.*?)</button>", form[0]) == ["Log out", "Log out everywhere"]
    assert '<button type="submit" name="everywhere" value="1">Log out everywhere' in form[0]


async def test_logout_is_a_post(closed: Site):
    """A link or an image cannot log anybody out."""
    cookie = await closed.log_in("ada", "right")
    assert await status_of(closed, cookie, "/logout") == 405
    assert await status_of(closed, cookie) == 200
