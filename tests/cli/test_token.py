"""mjpeg-viewer token, and what it makes at a running server."""

import asyncio
import os
import re
import time
from pathlib import Path

import aiohttp
import pytest

from mjpeg_viewer.cli import main
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.keyring import read_keys
from mjpeg_viewer.web.tokens import MARK, read_tokens
from tests.cli.kit import run, run_to_end, write_user_file
from tests.kit import receiving
from tests.raw import PATIENCE, connect_raw

CONFIG = """
[server]
users = "{folder}/users"
session_key = "{folder}/session.key"
[cameras.beam]
source = "{source}"
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A configuration with a users file and a key; its path."""
    write_user_file(tmp_path)
    read_keys(tmp_path / "session.key")
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(folder=tmp_path, source="bsread+pull://127.0.0.1:9"))
    return str(path)


def test_tokens_come_and_go(tmp_path: Path, config: str, capfd):
    """create prints the token once, list what there is without it, revoke ends it; its name is free then."""
    file = tmp_path / "users.tokens"
    options = ("--config", config)
    assert main(["token", "list", *options]) == 0
    assert capfd.readouterr() == (f"{file}: no tokens yet\n", "")
    create = ["token", "create", "wiki", "--camera", "beam", "--days", "7", *options]
    assert main(create) == 0
    said = capfd.readouterr().out
    until = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 86400))
    assert said.startswith(f"{file}: added wiki for beam until {until} ")
    text = said.splitlines()[1]
    assert re.fullmatch(MARK + r"[\w-]{59}", text)
    assert said.splitlines()[2] == f"e.g.    /cameras/beam/stream.mjpg?token={text}"

    assert main(create) == 1
    assert "there is a token 'wiki' already; revoke it first" in capfd.readouterr().err
    assert main(["token", "list", *options]) == 0
    said = capfd.readouterr().out
    assert re.fullmatch(rf"wiki\tbeam\tvalid\tcreated \d+-\d+-\d+ \d+:\d+ UTC\tuntil {until} \d+:\d+ UTC\n", said)
    assert main(["token", "revoke", "wiki", *options]) == 0
    assert capfd.readouterr() == (f"{file}: revoked wiki\n", "")
    assert main(["token", "list", *options]) == 0
    assert "\trevoked\t" in capfd.readouterr().out
    assert main(["token", "revoke", "wiki", *options]) == 1
    assert main(create) == 0
    assert [token.state for token in read_tokens(file)] == ["valid"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another group")
def test_list_is_for_those_who_may_read_the_users_file(tmp_path: Path, config: str):
    """A server that reads the users file by its group can read the list that root made."""
    users = tmp_path / "users"
    os.chown(users, 0, 12345)
    users.chmod(0o640)
    assert main(["token", "create", "wiki", "--camera", "beam", "--config", config]) == 0
    status = (tmp_path / "users.tokens").stat()
    assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (0o640, 0, 12345)


@pytest.mark.parametrize(
    ("arguments", "status", "found"),
    [
        (["create", "wiki"], 2, "token create: of which camera? give --camera NAME"),
        (["create", "wiki", "--camera", "bean"], 2, "--camera bean: there is none in {config}; known are beam"),
        (["create", "--camera", "beam"], 2, "token create: which? give a NAME"),
        (["create", "a b", "--camera", "beam"], 1, "token name 'a b': expected 1 to 64 letters"),
        (["create", "a\n", "--camera", "beam"], 1, "token name 'a\\n': expected 1 to 64 letters"),
        (["create", "a", "--camera", "beam", "--days", "0"], 2, "--days 0: expected 1 to 3650"),
        (["create", "a", "--camera", "beam", "--days", "4000"], 2, "--days 4000: expected 1 to 3650"),
        (["create", "a", "--camera", "beam", "--users", "u"], 2, "give one of --config and --users"),
        (["revoke", "wiki"], 1, "there is no token 'wiki' that could be revoked"),
        (["revoke"], 2, "token revoke: which? give a NAME"),
    ],
)
def test_token_says_what_is_wrong(tmp_path: Path, config: str, capfd, arguments: list[str], status: int, found: str):
    """One line, and there is no file afterwards."""
    assert main(["token", *arguments, "--config", config]) == status
    out, errors = capfd.readouterr()
    assert out == ""
    assert errors.count("\n") == 1
    assert found.format(config=config) in errors
    assert not (tmp_path / "users.tokens").exists()


def test_no_key_is_made_that_the_server_might_not_use(tmp_path: Path, config: str, capfd, monkeypatch):
    """Where there is no key yet, it says who makes it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert main(["token", "create", "a", "--camera", "beam", "--users", str(tmp_path / "users")]) == 2
    key = tmp_path / "state/mjpeg-viewer/session.key"
    assert f"session key file {key}: there is none; start the server once, which makes it" in capfd.readouterr().err
    assert not key.exists()


async def test_token_opens_a_running_server_and_stands_in_no_log(beam: Simulator, tmp_path: Path):
    """Made and revoked while it runs: the stream ends within 5 s, and whatever goes wrong, no log line has it."""
    write_user_file(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG.format(folder=tmp_path, source=beam.url))
    options = ("--config", str(tmp_path / "config.toml"))
    async with run("serve", "-P", "0", *options, home=tmp_path) as server:
        base = (await server.read_until(r"Open +(http://\S+:(\d+))/"))[1]
        await receiving(beam)
        status, said, errors = await run_to_end("token", "create", "wiki", "--camera", "beam", *options, home=tmp_path)
        assert (status, errors) == (0, "")
        text = said.splitlines()[1]
        async with aiohttp.ClientSession() as session:
            where = f"{base}/cameras/beam/stream.mjpg?token={text}"
            async with asyncio.timeout(PATIENCE):
                while (await get_status(session, where)) == 401:  # until the server looks again, within a second
                    await asyncio.sleep(0.05)
            async with session.get(where) as response:
                assert response.status == 200
                assert (await run_to_end("token", "revoke", "wiki", *options, home=tmp_path))[0] == 0
                async with asyncio.timeout(5):
                    await response.content.read()
            for path in ("/cameras/beam/stream.mjpg", "/state", "/nothing"):
                assert await get_status(session, f"{base}{path}?token={text}") == 401
        port = int(base.rpartition(":")[2])
        for path, header in (
            (f"/a?token={text} x", "A: b"),
            (f"http://[/?token={text}", "A: b"),
            ("/", f"Authorization: Bearer {text}\0"),
            ("/", f"Bad header {text}: x"),
            (f"/?token={text}" + "x" * 9000, "A: b"),
        ):
            async with connect_raw(port, path, header) as raw:
                assert b" 400 " in await raw.receive()
        _, log = await server.end()
    assert "stream of token wiki" in log
    assert text not in log + server.out
    assert text[len(MARK) + 16 :] not in log


async def get_status(session: aiohttp.ClientSession, where: str) -> int:
    """The status of an answer."""
    async with session.head(where, allow_redirects=False) as response:
        return response.status
