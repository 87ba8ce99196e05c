"""The end of the server: soon, whatever is going on, and with nothing left behind."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from mjpeg_viewer.htpasswd import hash_password
from mjpeg_viewer.simulator import Beam, Simulator
from tests.cli.kit import run, write_user_file
from tests.kit import basic, receiving
from tests.raw import connect_raw

READY = r"Open    (http://127\.0\.0\.1:(\d+))/"
FORM = ("Content-Type: application/x-www-form-urlencoded",)


async def test_guessers_do_not_hold_up_the_end(tmp_path: Path):
    """60 logins whose senders left cost nothing at the end: what has not begun is never done."""
    users = write_user_file(tmp_path, hash_password)  # at bcrypt's usual cost
    async with run("serve", "-P", "0", "-S", "1", "--users", users, home=tmp_path) as server:
        port = int((await server.read_until(READY))[2])
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            for number in range(60):
                form = b"username=nobody%02d&password=x" % number
                raw = await stack.enter_async_context(
                    connect_raw(port, "/login", *FORM, f"Content-Length: {len(form)}", method="POST")
                )
                await loop.sock_sendall(raw.sock, form)
            refused, headers = await raw.read_head()  # the last; by then all before it were taken or refused
            assert refused in (429, 503)
            assert int(headers["Retry-After"]) > 0
        status, log = await server.end(within=3.0)
    assert status == 0
    assert "Traceback" not in log


async def test_half_a_form_and_a_waiting_snapshot_do_not_hold_up_the_end(tmp_path: Path):
    """Who has not said all, and who waits for a picture, are let go within 3 s."""
    with Simulator(Beam(64, 48)) as beam:
        options = ("-P", "0", "--source", beam.url, "--users", write_user_file(tmp_path))
        async with run("serve", *options, home=tmp_path) as server:
            found = await server.read_until(READY)
            await receiving(beam)
            loop = asyncio.get_running_loop()
            async with (
                connect_raw(int(found[2]), "/login", *FORM, "Content-Length: 100", method="POST") as raw,
                aiohttp.ClientSession(headers=basic("ada", "right")) as session,
            ):
                await loop.sock_sendall(raw.sock, b"username=")
                waiting = asyncio.create_task(session.get(f"{found[1]}/snapshot.jpg"))
                async with session.get(f"{found[1]}/state") as response:
                    assert response.status == 200
                status, log = await server.end(within=3.0)
                await asyncio.wait({waiting})
                waiting.exception()
    assert status == 0
    assert "Traceback" not in log


async def test_unreachable_service_manager_ends_nothing(tmp_path: Path):
    """Whoever named a socket where nobody listens gets a line in the log, and is served nevertheless."""
    env = {"NOTIFY_SOCKET": str(tmp_path / "nobody")}
    async with run("serve", "-P", "0", "-S", "1", "--no-login", home=tmp_path, env=env) as server:
        base = (await server.read_until(READY))[1]
        async with aiohttp.ClientSession() as session, session.get(f"{base}/healthz") as response:
            assert response.status == 200
        status, log = await server.end()
    assert status == 0
    assert "Traceback" not in log
    assert log.count("cannot tell the service manager at NOTIFY_SOCKET=") == 2


async def test_logout_outlives_a_restart(tmp_path: Path):
    """A copy of the cookie is worth nothing after the logout, nor after the next start; the other session goes on."""
    users = ("--users", write_user_file(tmp_path), "-S", "1")
    form = {"username": "ada", "password": "right"}
    port = "0"
    cookies: list[str] = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def post(url: str, **options: object) -> aiohttp.ClientResponse:
            response = await session.post(url, allow_redirects=False, **options)  # type: ignore[arg-type]
            assert response.status == 303
            return response

        for start in range(3):
            async with run("serve", "-P", port, *users, home=tmp_path) as server:
                found = await server.read_until(READY)
                base, port = found[1], found[2]
                if not start:
                    for _ in range(2):
                        response = await post(f"{base}/login", data=form)
                        cookies.append(response.headers["Set-Cookie"].split(";")[0])
                    await post(f"{base}/logout", headers={"Cookie": cookies[0]})
                for cookie, expected in zip(cookies, (401, 200), strict=True):
                    async with session.get(f"{base}/state", headers={"Cookie": cookie}) as response:
                        assert response.status == expected
                assert (await server.end())[0] == 0
    files = sorted(path.name for path in (tmp_path / "mjpeg-viewer").iterdir())
    assert files == ["session.key", "session.key.ended"]
