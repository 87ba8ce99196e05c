"""What a login may cost: time, threads, and links that only a person uses up."""

import asyncio

import pytest

from mjpeg_viewer.htpasswd import hash_password
from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.users import Users
from tests.kit import Site, basic, cheap_hash, run_site
from tests.raw import PATIENCE, connect_raw
from tests.web.conftest import USERS

pytestmark = pytest.mark.both_loops


async def test_form_that_does_not_arrive_is_given_up(closed: Site, monkeypatch: pytest.MonkeyPatch, quiet):
    """Who sends a form byte by byte gets 408; nobody waits for the rest."""
    monkeypatch.setattr("mjpeg_viewer.web.forms._FORM_TIMEOUT", 0.05)
    form = ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 1000")
    async with connect_raw(closed.port, "/login", *form, method="POST") as raw:
        await asyncio.get_running_loop().sock_sendall(raw.sock, b"username=ada&")
        status, _ = await raw.read_head()
        assert status == 408
        assert b"did not arrive within 0.05 s" in await raw.read_until(b"\n")


async def test_too_many_passwords_at_once_are_told_to_wait(monkeypatch: pytest.MonkeyPatch, quiet):
    """Beyond the bound 503 comes at once, to forms and programs alike, and what is known already still goes through."""
    monkeypatch.setattr("mjpeg_viewer.web.checks._MAX_CHECKS", 2)
    # Of bcrypt's usual cost, so that the first two still wait when the others come.
    users = Users({name: hash_password(password) for name, password in USERS.items()})
    with Simulator(Beam(64, 48)) as beam:
        async with run_site({"beam": beam.url}, users=users) as site:

            async def guess(number: int) -> tuple[int, str | None]:
                form = {"username": f"nobody{number}", "password": "x"}
                async with site.session.post(f"{site.base}/login", data=form, allow_redirects=False) as response:
                    return response.status, response.headers.get("Retry-After")

            async with site.get("/state", headers=basic("ada", "right")) as response:
                assert response.status == 200
            async with asyncio.timeout(PATIENCE):
                waiting = [asyncio.create_task(guess(number)) for number in range(8)]
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                assert {task.result() for task in done} == {(503, "5")}
                async with site.get("/state", headers=basic("bob", "other")) as response:
                    assert response.status == 503
                    assert "too many passwords" in (await response.text()).lower()
                async with site.get("/state", headers=basic("ada", "right")) as response:
                    assert response.status == 200
                answers = await asyncio.gather(*waiting)
            assert sorted(status for status, _ in answers) == [401] * 2 + [503] * 6
            async with site.get("/state", headers=basic("bob", "other")) as response:
                assert response.status == 200


async def test_looking_at_a_link_does_not_use_it_up(beam: Simulator):
    """HEAD, as mail scanners and link previews send it, logs nobody in; the person after it does."""
    users = Users({"bob": cheap_hash("other")})
    async with run_site({"beam": beam.url}, users=users, link_user="bob") as site:
        link = f"{site.base}/login?once={site.logins.link_secret}"
        async with site.session.head(link, allow_redirects=False) as response:
            assert response.status == 200
            assert "Set-Cookie" not in response.headers
        async with site.session.get(link, allow_redirects=False) as response:
            assert response.status == 303
            assert "Set-Cookie" in response.headers
