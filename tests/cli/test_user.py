"""mjpeg-viewer user: a users file, kept by hand or by script."""

import asyncio
import io
import os
import sys
from pathlib import Path

import bcrypt
import pytest

from mjpeg_viewer.cli import main
from mjpeg_viewer.htpasswd import read_users
from tests.cli.kit import run, run_to_end, write_user_file
from tests.raw import PATIENCE


async def test_users_come_and_go(tmp_path: Path, capfd, monkeypatch):
    """add makes the file for its owner alone, list names who is in it, add again changes, remove removes."""
    file = tmp_path / "users"
    options = ("--users", str(file))
    add = ("user", "add", "ada", "--password-stdin", *options)
    assert await run_to_end(*add, home=tmp_path, typed=b"first one\n") == (0, f"{file}: added ada\n", "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert bcrypt.checkpw(b"first one", read_users(file)["ada"].encode())
    assert "first one" not in file.read_text()

    monkeypatch.setattr("mjpeg_viewer.htpasswd._COST", 4)
    for typed, command, said in (
        ("second one \n", add, f"{file}: changed the password of ada\n"),
        ("", ("user", "list", *options), "ada\n"),
        ("", ("user", "remove", "ada", *options), f"{file}: removed ada\n"),
        ("", ("user", "list", *options), f"{file}: no users yet\n"),
    ):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert main(command) == 0
        assert capfd.readouterr() == (said, "")
        if command is add:
            assert bcrypt.checkpw(b"second one ", read_users(file)["ada"].encode())


@pytest.mark.parametrize(
    ("arguments", "typed", "status", "found"),
    [
        (["add", "ada", "--password-stdin"], "", 1, "the password has 0 bytes; expected 1 to 72"),
        (["add", "ada", "--password-stdin"], "x" * 73 + "\n", 1, "the password has 73 bytes; expected 1 to 72"),
        (["add", "bob", "--password-stdin"], "1234567\n", 1, "the password has 7 characters; expected 8 at least"),
        (["add", "bob", "--password-stdin"], "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\n", 1, "has 7 characters"),
        (["add", "a b", "--password-stdin"], "x\n", 1, "user name 'a b': expected 1 to 64 characters"),
        (["add", "a:b", "--password-stdin"], "x\n", 1, "user name 'a:b': expected 1 to 64 characters"),
        (["add", "--password-stdin"], "x\n", 2, "user add: whom? give a NAME"),
        (["add", "ada"], "x\n", 2, "use --password-stdin"),
        (["remove", "bob"], "", 1, "there is no user 'bob'"),
    ],
)
def test_user_says_what_is_wrong(tmp_path: Path, capfd, monkeypatch, arguments: list[str], typed: str, status, found):
    """One line, and the file stays as it was."""
    file = write_user_file(tmp_path)
    before = Path(file).read_bytes()
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert main(["user", *arguments, "--users", file]) == status
    out, errors = capfd.readouterr()
    assert out == ""
    assert errors.startswith("mjpeg-viewer: ")
    assert errors.count("\n") == 1
    assert found in errors
    assert Path(file).read_bytes() == before


def test_eight_characters_will_do(tmp_path: Path, capfd, monkeypatch):
    """The shortest password is one of eight characters, of whatever script."""
    file = write_user_file(tmp_path)
    monkeypatch.setattr("mjpeg_viewer.htpasswd._COST", 4)
    for password in ("12345678", "\u00e9" * 8):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        assert main(["user", "add", "bob", "--password-stdin", "--users", file]) == 0
        assert bcrypt.checkpw(password.encode(), read_users(Path(file))["bob"].encode())
    assert capfd.readouterr().err == ""


async def test_prompt_that_is_left_changes_nothing(tmp_path: Path):
    """Ctrl-D at the prompt, first or second, is one line and status 1."""
    file = write_user_file(tmp_path)
    before = Path(file).read_bytes()
    for typed in (b"\x04", b"new\n\x04"):
        ours, theirs = os.openpty()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "mjpeg_viewer", "user", "add", "ada", "--users", file),
                stdin=theirs,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,  # so that the terminal is the one on stdin, not ours
            )
            assert process.stderr
            async with asyncio.timeout(PATIENCE):
                for prompt, answer in zip((b"Password: ", b"Again: "), typed.splitlines(keepends=True), strict=False):
                    assert (await process.stderr.readuntil(prompt)).strip() == prompt.strip()
                    os.write(ours, answer)
                errors = (await process.stderr.read()).decode()
                status = await process.wait()
        finally:
            os.close(ours)
            os.close(theirs)
        assert (status, errors.strip()) == (1, "mjpeg-viewer: no password was given; nothing is changed")
    assert Path(file).read_bytes() == before


@pytest.mark.parametrize(
    ("name", "typed", "found"),
    [
        ("ada", b"caf\xe9\n", "the password is no text in UTF-8"),
        (b"caf\xe9", b"x\n", "user name 'caf\\udce9': expected 1 to 64 characters"),
    ],
)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
async def test_what_is_no_text_is_refused(tmp_path: Path, name: str | bytes, typed: bytes, found: str, locale: str):
    """Name and password are UTF-8, as browsers send them; one line, and nothing is left in the folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    command = ("user", "add", os.fsdecode(name), "--password-stdin", "--users", str(folder / "users"))
    async with run(*command, home=tmp_path, typed=typed, env={"LC_ALL": locale}) as adding:
        status, errors = await adding.wait()
    assert status == 1
    assert errors.startswith("mjpeg-viewer: ")
    assert errors.count("\n") == 1
    assert found in errors
    assert not list(folder.iterdir())


def test_folder_that_may_not_be_entered_is_named(tmp_path: Path, capfd, monkeypatch):
    """Whether there is a file cannot be known then, so it is no new one."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0)
    monkeypatch.setattr("sys.stdin", io.StringIO("x\n"))
    user = os.geteuid()
    if user == 0:  # whom no mode keeps out
        os.seteuid(65534)
    try:
        assert main(["user", "add", "ada", "--password-stdin", "--users", str(folder / "users")]) == 2
    finally:
        os.seteuid(user)
    out, errors = capfd.readouterr()
    assert out == ""
    assert errors.startswith(f"mjpeg-viewer: users file {folder}/users: Permission denied; ")
    assert errors.count("\n") == 1
