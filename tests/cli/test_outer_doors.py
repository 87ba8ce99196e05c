"""The outer doors as the command opens them: TLS and its renewal, single sign-on, proxies, and what is refused."""

import asyncio
import importlib.abc
import signal
import socket
import ssl
import sys
from pathlib import Path

import aiohttp
import pytest

from mjpeg_viewer.cli import main
from mjpeg_viewer.simulator import Beam, Simulator
from tests.certificates import make_certificate, trust
from tests.cli.kit import run, write_user_file
from tests.cli.test_refusals import never_serves
from tests.kit import Pictures, basic, receiving, until
from tests.raw import connect_raw
from tests.web.providers import KINDS, run_provider

__all__ = ["never_serves"]

READY = r"Open    (https?://127\.0\.0\.1:(\d+))/"


def write_config(folder: Path, server: str, source: str = "bsread+pull://127.0.0.1:1", more: str = "") -> str:
    """Make a configuration file; its path."""
    path = folder / "config.toml"
    path.write_text(f'[server]\nport = 0\n{server}\n[cameras.beam]\nsource = "{source}"\n{more}')
    return str(path)


async def read_name(port: int, *trusted: Path) -> str:
    """Connect anew; whose certificate comes."""
    context = ssl.create_default_context()
    for chain in trusted:
        context.load_verify_locations(chain)
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    name = writer.get_extra_info("peercert")["subject"][0][0][1]
    writer.close()
    await writer.wait_closed()
    return str(name)


async def test_renewed_certificate_is_taken_up(tmp_path: Path):
    """After SIGHUP new connections get the new certificate, a running stream lives on; a broken one changes nothing."""
    chain, key = make_certificate(tmp_path)
    new_chain, new_key = make_certificate(tmp_path, "two")
    first = tmp_path / "first.pem"
    first.write_bytes(chain.read_bytes())
    server = f'users = "{write_user_file(tmp_path)}"\ntls_certificate = "{chain}"\ntls_key = "{key}"'
    with Simulator(Beam(320, 240, counter=True), start_pulse_id=1) as beam:
        config = write_config(tmp_path, server, beam.url)
        async with run("serve", "--config", config, home=tmp_path) as command:
            found = await command.read_until(READY)
            base, port = found[1], int(found[2])
            assert base.startswith("https://")
            await receiving(beam)
            async with (
                aiohttp.ClientSession(
                    headers=basic("ada", "right"), connector=aiohttp.TCPConnector(ssl=trust(chain))
                ) as session,
                session.get(f"{base}/cameras/beam/stream.mjpg") as response,
            ):
                assert response.status == 200
                pictures = Pictures(response)
                assert await read_name(port, first, new_chain) == "one"
                # Half a renewal: another's key.
                chain.write_bytes(new_chain.read_bytes())
                command.process.send_signal(signal.SIGHUP)
                await command.read_log("the certificate stays as it was")
                assert await read_name(port, first, new_chain) == "one"
                key.write_bytes(new_key.read_bytes())
                command.process.send_signal(signal.SIGHUP)
                await command.read_log("one.pem is for localhost, until")
                assert await read_name(port, first, new_chain) == "two"
                beam.send()
                assert (await pictures.take()).headers["X-Pulse-Id"] == "1"
            status, _ = await command.end()
            assert status == 0


async def test_hangup_without_a_certificate_ends_nothing(tmp_path: Path):
    """SIGHUP is how services are told to reload; where there is nothing to reload it is a line in the log."""
    async with run("serve", "-P", "0", "-S", "1", "--no-login", home=tmp_path) as command:
        base = (await command.read_until(READY))[1]
        command.process.send_signal(signal.SIGHUP)
        await command.read_log("told to reload")
        async with aiohttp.ClientSession() as session, session.get(f"{base}/healthz") as response:
            assert response.status == 200


async def test_single_sign_on_from_a_configuration(tmp_path: Path):
    """With [oidc] alone the server starts beyond loopback, asks for a login, and leads to the provider."""
    secret = tmp_path / "secret"
    secret.write_text("s\n")
    secret.chmod(0o600)
    async with run_provider(KINDS[0]) as provider:
        oidc = (
            f'[oidc]\nissuer = "{provider.issuer}"\nclient_id = "viewer"\nclient_secret_file = "{secret}"\n'
            'groups = ["operators"]\n'
        )
        config = write_config(tmp_path, 'host = "0.0.0.0"', more=oidc)
        async with run("serve", "--config", config, home=tmp_path) as command:
            port = (await command.read_until(r"Open    http://0\.0\.0\.0:(\d+)/$"))[1]
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/state", headers=basic("a", "b")) as response:
                    assert response.status == 401
                login = f"http://127.0.0.1:{port}/login/oidc"
                async with session.get(login, allow_redirects=False) as response:
                    assert response.status == 303
                    assert response.headers["Location"].startswith(provider.issuer)
            status, log = await command.end()
    assert status == 0
    assert "Traceback" not in log
    assert (tmp_path / "mjpeg-viewer/session.key").is_file()  # so that logins outlive a restart


async def test_users_by_a_proxys_header_from_a_configuration(tmp_path: Path):
    """With user_header alone the server starts beyond loopback, and lets in whom the trusted proxy names."""
    config = write_config(tmp_path, 'host = "0.0.0.0"\ntrusted_proxies = ["127.0.0.1"]\nuser_header = "X-Remote-User"')
    async with run("serve", "--config", config, home=tmp_path) as command:
        port = (await command.read_until(r"Open    http://0\.0\.0\.0:(\d+)/$"))[1]
        for headers, status in (({}, 401), ({"X-Remote-User": "ada"}, 200), ({"X-Forwarded-User": "ada"}, 401)):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{port}/state", headers=headers) as response,
            ):
                assert response.status == status


async def test_limits_of_connections_from_a_configuration(tmp_path: Path):
    """server.connections_per_address is kept to, and said in the log."""
    config = write_config(tmp_path, "connections_per_address = 1")
    async with run("serve", "--config", config, "--no-login", home=tmp_path) as command:
        port = int((await command.read_until(READY))[2])
        async with connect_raw(port, "/healthz") as first:
            assert (await first.read_head())[0] == 200
            async with connect_raw(port, "/healthz") as second:
                with pytest.raises((EOFError, ConnectionResetError)):
                    await second.read_head()
        await command.read_log(r"1 connections of 127\.0\.0\.1 are open \(server\.connections_per_address\)")


async def test_names_from_a_configuration(tmp_path: Path):
    """Without a login the command answers by the machine's name and those in server.hosts, and by no other."""
    config = write_config(tmp_path, 'hosts = ["cam.psi.ch"]')
    async with run("serve", "--config", config, "--no-login", home=tmp_path) as command:
        port = int((await command.read_until(READY))[2])
        for name, status in (("cam.psi.ch", 200), (socket.gethostname(), 200), ("evil.example", 421)):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{port}/state", headers={"Host": f"{name}:{port}"}) as response,
            ):
                assert response.status == status, name
        await command.read_log(r"asked for 'evil\.example:\d+', see server\.hosts")


# -- what is refused


OIDC = '[oidc]\nissuer = "https://sso.example"\nclient_id = "viewer"\n'
FAULTS = {
    "no key": ('tls_certificate = "{chain}"', "", "server.tls_key: missing, but server.tls_certificate is there"),
    "no certificate": ('tls_key = "{key}"', "", "server.tls_certificate: missing, but server.tls_key is there"),
    "no file": (
        'tls_certificate = "/nonexistent/a.pem"\ntls_key = "{key}"',
        "",
        "server.tls_certificate: /nonexistent/a.pem: No such file or directory",
    ),
    "no network": ('trusted_proxies = ["proxy.example"]', "", "server.trusted_proxies: 'proxy.example' does not"),
    "nobody to trust": ('user_header = "X-Forwarded-User"', "", "server.user_header: no proxy is trusted to send it"),
    "everybody to trust": (
        'trusted_proxies = ["127.0.0.1", "0.0.0.0/0"]\nuser_header = "X-Forwarded-User"',
        "",
        "server.trusted_proxies: 0.0.0.0/0 is every address there is",
    ),
    "no header": ('user_header = "X Y"', "", "server.user_header: expected `str` matching regex"),
    "no host": ('hosts = ["https://cam.psi.ch"]', "", "server.hosts[0]: expected `str` matching regex"),
    "host with a port": ('hosts = ["cam.psi.ch:443"]', "", "server.hosts[0]: expected `str` matching regex"),
    "every host": ('hosts = ["*"]', "", "server.hosts[0]: expected `str` matching regex"),
    "no origin": ('embed_origins = ["https://wiki.example/"]', "", "server.embed_origins"),
    "every origin": ('embed_origins = ["*"]', "", "server.embed_origins"),
    "origin that ends the line": ('embed_origins = ["https://a\\n"]', "", "server.embed_origins"),
    "origin that ends the policy": ('embed_origins = ["https://a; script-src *"]', "", "server.embed_origins"),
    "nobody may": ("", OIDC, "oidc: nobody may watch"),
    "plain http": ("", OIDC.replace("https", "http") + 'users = ["*"]\n', "oidc.issuer: 'http://sso.example'"),
    "no secret": (
        "",
        OIDC + 'users = ["*"]\nclient_secret_file = "/nonexistent"\n',
        "oidc.client_secret_file: /nonexis",
    ),
    "everybody's secret": (
        "",
        OIDC + 'users = ["*"]\nclient_secret_file = "{open}"\n',
        "others can read it (mode 644); type: chmod 640 {open}",
    ),
    "empty secret": ("", OIDC + 'users = ["*"]\nclient_secret_file = "{empty}"\n', "is empty"),
    "a secret in the file": ("", OIDC + 'client_secret = "s3cret"\n', "oidc.client_secret: unknown key"),
    "a day of 25 hours": ("", OIDC + "session_hours = 169\n", "oidc.session_hours: expected `float` <= 168"),
}


@pytest.mark.parametrize(("server", "more", "found"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("command", [["check"], ["serve", "-P", "0", "--config"]])
def test_what_is_not_possible_does_not_start(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    never_serves: None,
    command: list[str],
    server: str,
    more: str,
    found: str,
):
    """Asked for and not possible: one line that names the key, status 2, from check and serve alike."""
    chain, key = make_certificate(tmp_path)
    for name, text in (("open", "secret"), ("empty", "")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o644 if name == "open" else 0o600)
    places = {"chain": chain, "key": key, "open": tmp_path / "open", "empty": tmp_path / "empty"}
    fill = {f"{{{name}}}": str(path) for name, path in places.items()}
    for mark, path in fill.items():
        server, more, found = (text.replace(mark, path) for text in (server, more, found))
    config = write_config(tmp_path, server.replace("port = 0", ""), more=more)
    assert main([*command, config]) == 2
    out, errors = capfd.readouterr()
    assert out == ""
    assert errors.count("\n") == 1, errors
    assert found in errors
    assert "s3cret" not in errors


@pytest.mark.parametrize(
    ("server", "more", "entry"),
    [
        ('trusted_proxies = ["127.0.0.1"]\nuser_header = "X-Forwarded-User"', "", "server.user_header"),
        ("", OIDC + 'users = ["*"]\n', "[oidc]"),
    ],
)
def test_no_login_contradicts_every_way_in(tmp_path, capfd, never_serves, server: str, more: str, entry: str):
    """Who configured a login does not lose it by an option."""
    assert main(["serve", "--no-login", "--config", write_config(tmp_path, server, more=more)]) == 2
    assert capfd.readouterr().err == f"mjpeg-viewer: --no-login contradicts {entry}; give one of them\n"


def test_trusted_proxies_are_no_users(tmp_path: Path, capfd, never_serves):
    """Beyond loopback there must be a way to log in; that a proxy is trusted for addresses is none."""
    config = write_config(tmp_path, 'host = "0.0.0.0"\ntrusted_proxies = ["10.0.0.0/8"]')
    assert main(["serve", "--config", config]) == 2
    assert "0.0.0.0 can be reached from other machines, so logins are needed" in capfd.readouterr().err


def test_missing_extra_is_named(tmp_path: Path, capfd, never_serves, monkeypatch: pytest.MonkeyPatch):
    """Without joserfc there is no single sign-on, and the line says what to type."""

    class Missing(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, *_args: object) -> None:
            if name.startswith("joserfc"):
                raise ImportError(name)

    for name in [name for name in sys.modules if name.startswith(("joserfc", "mjpeg_viewer.web.id_tokens"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])
    config = write_config(tmp_path, "", more=OIDC + 'users = ["*"]\n')
    assert main(["check", config]) == 2
    assert capfd.readouterr().err == "mjpeg-viewer: [oidc] needs joserfc; type: pip install 'mjpeg-viewer[oidc]'\n"


async def test_open_files_suffice_for_the_connections(tmp_path: Path):
    """The soft limit of most systems, 1024 open files, is raised to as many as the system gives."""
    code = (
        "import resource, sys\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))\n"
        "from mjpeg_viewer.cli import main\nsys.exit(main())\n"
    )
    async with run("serve", "-P", "0", "-S", "1", "--no-login", home=tmp_path, code=code) as command:
        await command.read_until(READY)
        limits = Path(f"/proc/{command.pid}/limits").read_text()
        (line,) = [line for line in limits.splitlines() if line.startswith("Max open files")]
        soft, hard = (int(word) if word.isdigit() else 10**9 for word in line.split()[3:5])
        assert soft == hard
        await until(lambda: command.process.returncode is None)
