"""What the command refuses: one line that says what and where, a status, and nothing begun."""

import socket
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from mjpeg_viewer.cli import main
from mjpeg_viewer.cli.making import listen
from mjpeg_viewer.settings import ServerSettings
from tests.certificates import make_certificate
from tests.cli.kit import run_to_end, write_user_file


@pytest.fixture
def never_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What should have been refused is not served for ever."""

    async def fail(*_args: object) -> int:
        raise AssertionError("it serves")

    monkeypatch.setattr("mjpeg_viewer.cli.server._wait_for_end", fail)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


async def test_taken_port_is_one_line_and_touches_no_camera(tmp_path: Path):
    """Status 1, no traceback; the camera is never connected to, so nothing is taken from who has the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as camera:
        camera.setblocking(False)
        port, source = taken.getsockname()[1], camera.getsockname()[1]
        status, out, errors = await run_to_end("serve", "-P", str(port), "-S", str(source), "--no-login", home=tmp_path)
        with pytest.raises(BlockingIOError):
            camera.accept()
    assert (status, out) == (1, "")
    assert errors == (
        f"mjpeg-viewer: cannot listen on 127.0.0.1:{port}: address already in use; choose another with -H and -P\n"
    )


async def test_open_to_the_network_without_users_is_refused(tmp_path: Path):
    """Beyond this machine there must be users, or a word that there shall be none."""
    for command in ("serve", "demo"):
        status, out, errors = await run_to_end(command, "-H", "0.0.0.0", "-P", "0", home=tmp_path)
        assert (status, out) == (2, "")
        assert errors == (
            "mjpeg-viewer: 0.0.0.0 can be reached from other machines, so logins are needed: give --users FILE"
            " (or --no-login, if everybody there may watch)\n"
        )


GOOD = '[cameras.beam]\nsource = "bsread+pull://127.0.0.1:1"\n'
CONFIGURATIONS = [
    ("", "cameras: missing"),
    (
        "[server]\nports = 1\n" + GOOD,
        "server.ports: unknown key; known are " + ", ".join(ServerSettings.__struct_fields__),
    ),
    ("[server]\nport = 70000\n" + GOOD, "server.port: expected `int` <= 65535"),
    ('[cameras.beam]\nsource = "tcp://a:1"\n', "cameras.beam.source: 'tcp://a:1' has the unknown scheme 'tcp'"),
    ('[cameras.beam]\nsource = "bsread+pull://a"\n', "cameras.beam.source: 'bsread+pull://a' has no port"),
    ("[cameras.beam\n", "line 1"),
    ('[server]\nusers = "/nonexistent/users"\n' + GOOD, "users file /nonexistent/users: No such file or directory"),
]


@pytest.mark.parametrize(("text", "found"), CONFIGURATIONS)
@pytest.mark.parametrize("command", [["check"], ["serve", "-P", "0", "--config"]])
def test_bad_configuration_is_named(tmp_path: Path, capfd, never_serves, command, text: str, found: str):
    """File and key stand in the one line; status 2, from check and serve alike."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert main([*command, str(file)]) == 2
    out, errors = capfd.readouterr()
    assert out == ""
    assert errors.startswith("mjpeg-viewer: ")
    assert errors.count("\n") == 1
    assert found in errors


def make_key(folder: Path, content: bytes, mode: int) -> None:
    """Lay a session key where serve looks for it."""
    (folder / "mjpeg-viewer").mkdir()
    key = folder / "mjpeg-viewer/session.key"
    key.write_bytes(content)
    key.chmod(mode)


@pytest.mark.parametrize(
    ("content", "mode", "found"),
    [
        (b"no key", 0o600, "holds no key; remove it, and a new one is made"),
        (b"", 0o600, "holds no key"),
        (b"x" * 44, 0o644, "others can read it (mode 644); type: chmod 600 "),
    ],
)
def test_bad_session_key_is_named(tmp_path: Path, capfd, never_serves, content: bytes, mode: int, found: str):
    """A key that is none, or is everybody's, is refused with what to type."""
    make_key(tmp_path, content, mode)
    assert main(["serve", "-P", "0", "--users", write_user_file(tmp_path)]) == 2
    assert found in capfd.readouterr().err


@pytest.mark.parametrize(
    ("command", "file"),
    [(command, file) for command in ("serve", "check") for file in ("users", "users.tokens")]
    + [("user", "users"), ("token", "users.tokens")],
)
def test_list_that_others_can_write_is_named(tmp_path: Path, capfd, never_serves, file: str, command: str):
    """Who can write the users or the tokens can let himself in, so nothing starts with such a file."""
    users = write_user_file(tmp_path)
    (tmp_path / "users.tokens").write_text("[]")
    (tmp_path / file).chmod(0o664)
    (tmp_path / "config.toml").write_text(f'[server]\nport = 0\nusers = "{users}"\n' + GOOD)
    config = str(tmp_path / "config.toml")
    arguments = {
        "serve": ["serve", "--config", config],
        "check": ["check", config],
        "user": ["user", "list", "--users", users],
        "token": ["token", "list", "--config", config],
    }
    assert main(arguments[command]) == 2
    what = "users" if file == "users" else "tokens"
    assert capfd.readouterr().err == (
        f"mjpeg-viewer: {what} file {tmp_path / file}: others can write it (mode 664);"
        f" type: chmod go-w {tmp_path / file}\n"
    )


@pytest.mark.parametrize("open_folder", [False, True])
@pytest.mark.parametrize("command", ["serve", "check", "token"])
def test_configuration_that_others_can_write_is_named(
    tmp_path: Path, capfd, never_serves, command: str, open_folder: bool
):
    """Who can write it can name another users file, so nothing starts with it; a group may keep it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    config = folder / "config.toml"
    config.write_text(f'[server]\nport = 0\nusers = "{write_user_file(tmp_path)}"\n' + GOOD)
    arguments = {
        "serve": ["serve", "--config", str(config)],
        "check": ["check", str(config)],
        "token": ["token", "list", "--config", str(config)],
    }[command]
    (folder if open_folder else config).chmod(0o777 if open_folder else 0o666)
    assert main(arguments) == 2
    found = (
        f"others can replace it, as they can write its folder (mode 777); type: chmod o-w {folder}"
        if open_folder
        else f"others can write it (mode 666); type: chmod o-w {config}"
    )
    assert capfd.readouterr() == ("", f"mjpeg-viewer: {config}: {found}\n")
    if command != "serve":
        folder.chmod(0o1777)
        config.chmod(0o664)
        assert main(arguments) == 0


@pytest.mark.parametrize("key", ["server.tls_key", "oidc.client_secret_file"])
@pytest.mark.parametrize("command", [["serve", "--config"], ["check"]])
def test_secret_in_a_folder_that_anybody_can_write_is_named(tmp_path: Path, capfd, never_serves, command, key: str):
    """Whoever can lay another key or secret in its place can, however closed the file is."""
    folder = tmp_path / "folder"
    folder.mkdir()
    chain, secret = make_certificate(folder)
    folder.chmod(0o777)
    server = f'tls_certificate = "{chain}"\ntls_key = "{secret}"\n' if key == "server.tls_key" else ""
    oidc = '[oidc]\nissuer = "https://sso.example"\nclient_id = "viewer"\nusers = ["*"]\n'
    oidc += f'client_secret_file = "{secret}"\n'
    config = tmp_path / "config.toml"
    config.write_text(f"[server]\nport = 0\n{server}{GOOD}{'' if server else oidc}")
    assert main([*command, str(config)]) == 2
    found = f"others can replace it, as they can write its folder (mode 777); type: chmod o-w {folder}"
    assert capfd.readouterr() == ("", f"mjpeg-viewer: {key}: {secret}: {found}\n")


@pytest.mark.parametrize("options", [[], ["--no-login"]])
def test_rights_without_users_are_refused(tmp_path: Path, capfd, never_serves, options: list[str]):
    """A list of who may see a camera closes nothing where nobody has a name; so does a list of tokens."""
    for text, found in (
        (GOOD + 'allow = ["ada"]\n', "cameras.beam.allow: names users, but there is no users file; give --users FILE"),
        ('[server]\ntokens = "t"\n' + GOOD, "server.tokens: means nothing without a users file; give --users FILE"),
    ):
        (tmp_path / "config.toml").write_text(text)
        assert main(["serve", "-P", "0", "--config", str(tmp_path / "config.toml"), *options]) == 2
        assert capfd.readouterr() == ("", f"mjpeg-viewer: {found}\n")


def test_rights_of_users_whom_nobody_names_are_refused(tmp_path: Path, capfd, never_serves):
    """With a provider alone a plain name is nobody's, and would not mean the one whom the provider calls so."""
    oidc = '[oidc]\nissuer = "https://sso.example"\nclient_id = "viewer"\nusers = ["*"]\n'
    (tmp_path / "config.toml").write_text(GOOD + 'allow = ["ada"]\n' + oidc)
    assert main(["serve", "-P", "0", "--config", str(tmp_path / "config.toml")]) == 2
    assert capfd.readouterr() == (
        "",
        "mjpeg-viewer: cameras.beam.allow: 'ada' is a user of a users file, and there is none; give --users FILE, or"
        " say 'oidc:ada' for the one whom the provider knows\n",
    )


def test_damaged_list_of_ended_sessions_is_named(tmp_path: Path, capfd, never_serves):
    """Who logged out must not come in again, so the server does not start without that list."""
    make_key(tmp_path, Fernet.generate_key(), 0o600)
    (tmp_path / "mjpeg-viewer/session.key.ended").write_text("half a li")
    assert main(["serve", "-P", "0", "--users", write_user_file(tmp_path)]) == 2
    assert "mjpeg-viewer/session.key.ended, line 1: expected ID SECONDS" in capfd.readouterr().err


@pytest.mark.parametrize("home", ["none", "not writable"])
def test_home_is_needed_only_for_sessions_that_last(tmp_path: Path, capfd, monkeypatch, home: str):
    """Without a place for the key a users file is one line that says what to set; without users, nobody misses it."""

    async def end(*_args: object) -> int:
        return 0

    monkeypatch.setattr("mjpeg_viewer.cli.server._wait_for_end", end)
    for name in ("HOME", "XDG_STATE_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    if home == "none":
        monkeypatch.setattr("os.getuid", lambda: 2**31 - 7)  # nobody's
        found = "there is no home folder to keep the session key in; set server.session_key in a configuration file"
    else:
        monkeypatch.setenv("HOME", "/dev/null")
        found = (
            "session key file /dev/null/.local/state/mjpeg-viewer/session.key: Not a directory;"
            " set server.session_key in a configuration file to one that the server can make or read"
        )
    assert main(["serve", "-P", "0", "-S", "1", "--users", write_user_file(tmp_path)]) == 2
    assert capfd.readouterr() == ("", f"mjpeg-viewer: {found}\n")
    for options in (["--no-login"], []):
        assert main(["serve", "-P", "0", "-S", "1", *options]) == 0
        assert capfd.readouterr().out.startswith("Open    http://127.0.0.1:")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--users", "/nonexistent/users"], "users file /nonexistent/users: No such file or directory; make one with"),
        (["--users", "{users}", "--no-login"], "--no-login contradicts the users file"),
        (["--users", "{broken}"], "line 1: the hash of 'ada' is MD5, not bcrypt; make it anew with"),
        (["--config", "{config}", "-S", "1"], "give one of --config, --source and -O/-S"),
        (["--config", "{config}", "--source", "bsread+pull://a:1"], "give one of --config, --source and -O/-S"),
        (["--source", "bsread+pull://a:1", "-O", "b"], "give one of --config, --source and -O/-S"),
        (["--config", "/nonexistent/config.toml"], "/nonexistent/config.toml: No such file or directory"),
        (["--source", "http://a:1"], "cameras.camera.source: 'http://a:1' has the unknown scheme 'http'"),
        (["-S", "0"], "has no port"),
        (["-S", "70000"], "70000"),
        (["-O", ""], "has no host"),
        (["-O", "%"], "has a host that cannot be one, '%'"),
        (["-O", "-"], "has a host that cannot be one, '-'"),
        (["--users", "{costly}"], "line 1: the hash of 'ada' has the cost 99, expected 04 to 16; make it anew with"),
        (["-P", "-1"], "-P -1: expected a port from 0 to 65535"),
        (["-P", "65536"], "-P 65536: expected a port from 0 to 65535"),
    ],
)
def test_bad_option_is_named(tmp_path: Path, capfd, never_serves, options: list[str], found: str):
    """One line with what was found and what would do; status 2, nothing printed."""
    (tmp_path / "config.toml").write_text(GOOD)
    (tmp_path / "broken").write_text("ada:$apr1$abc$def\n")
    (tmp_path / "costly").write_text(f"ada:$2b$99${'.' * 53}\n")
    places = {
        "users": write_user_file(tmp_path),
        "config": str(tmp_path / "config.toml"),
        "broken": str(tmp_path / "broken"),
        "costly": str(tmp_path / "costly"),
    }
    assert main(["serve", *(option.format(**places) for option in options)]) == 2
    out, errors = capfd.readouterr()
    assert out == ""
    assert errors.startswith("mjpeg-viewer: ")
    assert errors.count("\n") == 1
    assert found in errors


@pytest.mark.parametrize("arguments", [[], ["server"], ["serve", "--prot", "1"], ["serve", "-P", "x"], ["user", "add"]])
def test_unknown_word_is_wrong_usage(capfd, arguments: list[str]):
    """A misspelt command or option ends with usage and status 2."""
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 2
    assert "usage: mjpeg-viewer" in capfd.readouterr().err


async def test_address_of_another_machine_is_one_line(tmp_path: Path):
    """An address that is not this machine's, or no address, cannot be listened on: status 1."""
    users = write_user_file(tmp_path)
    for host in ("192.0.2.1", "no such host", "a..b", "." * 70):
        status, _, errors = await run_to_end("serve", "-H", host, "-P", "0", "--users", users, home=tmp_path)
        assert status == 1
        assert errors.startswith(f"mjpeg-viewer: cannot listen on {host}:0: ")
        assert errors.count("\n") == 1


def test_bad_host_in_a_file_is_one_line(tmp_path: Path, capfd, never_serves):
    """The key host is refused as the option -H is."""
    file = tmp_path / "config.toml"
    file.write_text('[server]\nhost = "a..b"\nport = 0\n' + GOOD)
    assert main(["serve", "--config", str(file), "--no-login"]) == 1
    assert capfd.readouterr() == (
        "",
        "mjpeg-viewer: cannot listen on a..b:0: this is no name of a host; choose another with -H and -P\n",
    )


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_every_address_is_every_address():
    """-H :: is reached by IPv4 and by IPv6."""
    with listen("::", 0, loopback_only=False) as listener:
        port = listener.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, port), timeout=10):
                pass
