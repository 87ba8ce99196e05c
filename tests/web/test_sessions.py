"""How long a login holds: a week, while the password is what it was, and across a restart with the same key."""

import asyncio
import logging
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.htpasswd import write_users
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.users import UserFile, Users
from mjpeg_viewer.web.keyring import KeyRing, make_keys, read_keys
from mjpeg_viewer.web.sessions import MAX_AGE
from tests.kit import Site, basic, cheap_hash, receiving, run_site, until
from tests.raw import PATIENCE
from tests.web.conftest import USERS

BROWSER = {"User-Agent": "Mozilla/5.0", "Accept": "text/html"}


async def status_of(site: Site, headers: dict[str, str], path: str = "/state") -> int:
    """The status of an answer."""
    async with site.get(path, headers=headers) as response:
        return response.status


@pytest.mark.parametrize("way", ["basic", "form"])
@pytest.mark.parametrize("change", ["password", "removal"])
async def test_password_that_changes_while_it_is_checked_opens_nothing(
    beam: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, way: str
):
    """Neither a stream nor a session outlives what was changed in the third of a second that a check takes."""
    monkeypatch.setattr(UserFile, "_LOOK_PERIOD", 0.0)
    hashes = {name: cheap_hash(password) for name, password in USERS.items()}
    changed = {"bob": hashes["bob"]} | ({"ada": cheap_hash("new")} if change == "password" else {})
    write_users(tmp_path / "users", hashes)

    def verify(self: Users, name: str, password: str) -> bool:
        right = original(self, name, password)
        write_users(tmp_path / "users", changed)
        return right

    original = Users.verify
    monkeypatch.setattr(Users, "verify", verify)
    async with run_site({"beam": beam.url}, users=UserFile(tmp_path / "users")) as site:
        if way == "basic":
            assert await status_of(site, basic("ada", "right"), "/events") == 401
            return
        form = {"username": "ada", "password": "right"}
        async with site.session.post(f"{site.base}/login", data=form, allow_redirects=False) as response:
            cookies = {"Cookie": response.headers.get("Set-Cookie", "").split(";")[0]}
        assert await status_of(site, cookies) == 401


@pytest.mark.parametrize("change", ["password", "removal"])
async def test_change_in_the_users_file_ends_what_it_allowed(
    beam: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet, change: str
):
    """A changed password or a removed user ends sessions and open streams, and leaves everybody else alone."""
    monkeypatch.setattr(UserFile, "_LOOK_PERIOD", 0.0)
    monkeypatch.setattr("mjpeg_viewer.web.viewers._TICK", 0.02)
    hashes = {name: cheap_hash(password) for name, password in USERS.items()}
    write_users(tmp_path / "users", hashes)
    async with run_site({"beam": beam.url}, users=UserFile(tmp_path / "users")) as site:
        await receiving(beam)
        ada, bob = await site.log_in("ada", "right"), await site.log_in("bob", "other")
        assert await status_of(site, basic("ada", "right")) == 200
        async with (
            site.pictures(headers=ada) as by_cookie,
            site.pictures(headers=basic("ada", "right")) as by_password,
            site.pictures(headers=bob) as others,
        ):
            if change == "password":
                hashes["ada"] = cheap_hash("new")
            else:
                del hashes["ada"]
            write_users(tmp_path / "users", hashes)
            async with asyncio.timeout(PATIENCE):
                await by_cookie.response.content.read()
                await by_password.response.content.read()
            assert await status_of(site, ada) == 401
            assert await status_of(site, basic("ada", "right")) == 401
            assert await status_of(site, bob) == 200
            await until(lambda: len(list(site.viewers)) == 1)
            beam.send()
            assert (await others.take()).number == 1
        if change == "password":
            assert await status_of(site, basic("ada", "new")) == 200


async def test_session_survives_a_restart(beam: Simulator):
    """Who was logged in still is after a restart with the same key, so that pages come back by themselves."""
    hashes = {name: cheap_hash(password) for name, password in USERS.items()}
    async with run_site({"beam": beam.url}, users=Users(hashes)) as site:
        cookie, port = await site.log_in("ada", "right"), site.port
    async with run_site({"beam": beam.url}, users=Users(hashes), port=port) as site:
        assert await status_of(site, cookie) == 200


async def test_another_key_logs_everybody_out(beam: Simulator, quiet):
    """A cookie of another key is nobody's: led to the login, without a fault."""
    hashes = {name: cheap_hash(password) for name, password in USERS.items()}
    async with run_site({"beam": beam.url}, users=Users(hashes)) as site:
        cookie, port = await site.log_in("ada", "right"), site.port
    async with run_site({"beam": beam.url}, users=Users(hashes), port=port, keys=make_keys()) as site:
        logging.getLogger("aiohttp_session").setLevel(logging.ERROR)  # as the command does
        assert await status_of(site, cookie) == 401
        assert await status_of(site, {**cookie, **BROWSER}) == 303
        again = await site.log_in("ada", "right")
        assert await status_of(site, again) == 200


async def test_key_is_replaced_without_a_logout(beam: Simulator):
    """A cookie of an older key of the ring still holds; new ones are of the first key alone."""
    old, new = Fernet.generate_key(), Fernet.generate_key()
    hashes = {name: cheap_hash(password) for name, password in USERS.items()}
    async with run_site({"beam": beam.url}, users=Users(hashes), keys=KeyRing([old])) as site:
        cookie, port = await site.log_in("ada", "right"), site.port
    async with run_site({"beam": beam.url}, users=Users(hashes), port=port, keys=KeyRing([new, old])) as site:
        assert await status_of(site, cookie) == 200
        renewed = await site.log_in("ada", "right")
    async with run_site({"beam": beam.url}, users=Users(hashes), port=port, keys=KeyRing([new])) as site:
        assert await status_of(site, renewed) == 200
        logging.getLogger("aiohttp_session").setLevel(logging.ERROR)  # as the command does
        assert await status_of(site, cookie) == 401


async def test_week_that_is_over_ends_what_the_session_watches(beam: Simulator, monkeypatch: pytest.MonkeyPatch, quiet):
    """An open stream does not outlive its session; who sends a password each time has none and goes on."""
    monkeypatch.setattr("mjpeg_viewer.web.viewers._TICK", 0.02)
    async with run_site({"beam": beam.url}, users=USERS) as site:
        await receiving(beam)
        cookie = await site.log_in("ada", "right")
        async with site.pictures(headers=cookie) as mine, site.pictures(headers=basic("ada", "right")) as others:
            began = time.time()
            clock = SimpleNamespace(time=lambda: began + MAX_AGE - 60)
            monkeypatch.setattr("mjpeg_viewer.web.logins.time", clock)
            beam.send()
            assert (await mine.take()).number == (await others.take()).number == 1
            clock.time = lambda: began + MAX_AGE + 1
            async with asyncio.timeout(PATIENCE):
                await mine.response.content.read()
            assert await status_of(site, cookie) == 401
            beam.send()
            assert (await others.take()).number == 2


def test_file_of_several_keys_is_a_ring(tmp_path: Path):
    """A line each, the newest first; a line that is none is an error, not a key less."""
    path = tmp_path / "session.key"
    old, new = Fernet.generate_key(), Fernet.generate_key()
    path.write_bytes(new + b"\n" + old + b"\n")
    path.chmod(0o600)
    keys = read_keys(path)
    assert keys.decrypt(Fernet(old).encrypt(b"x")) == keys.decrypt(Fernet(new).encrypt(b"x")) == b"x"
    assert Fernet(new).decrypt(keys.encrypt(b"x")) == b"x"
    path.write_bytes(new + b"\nhalf a li")
    with pytest.raises(ConfigurationError, match="a line of it is no key"):
        read_keys(path)


def test_key_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of two servers that start at once one makes the key, and neither ever reads half of it or another one."""
    path = tmp_path / "deep/session.key"
    link, first = os.link, Fernet.generate_key()

    def be_late(source: str, target: Path) -> None:
        assert Fernet(Path(source).read_bytes())
        assert Path(source).stat().st_mode & 0o777 == 0o600
        assert not target.exists()
        target.write_bytes(first)
        target.chmod(0o600)
        link(source, target)

    monkeypatch.setattr(os, "link", be_late)
    again = read_keys(path)
    assert again.decrypt(Fernet(first).encrypt(b"x")) == b"x"
    assert list(path.parent.iterdir()) == [path]
    monkeypatch.setattr(os, "link", link)
    path.unlink()
    keys = read_keys(path)
    assert Fernet(path.read_bytes()).decrypt(keys.encrypt(b"x")) == b"x"
    assert path.read_bytes() != first
    assert read_keys(path).decrypt(keys.encrypt(b"x")) == b"x"
    assert list(path.parent.iterdir()) == [path]
