"""The users file: bcrypt alone, whole or not at all."""

import os
import stat
import subprocess
from pathlib import Path

import bcrypt
import pytest

from mjpeg_viewer.errors import ConfigurationError, ViewerError
from mjpeg_viewer.htpasswd import check_name, find_users, hash_password, read_users, write_users
from tests.kit import cheap_hash

# As `htpasswd -nbBC 5 ada lovelace` writes it; this one was computed by libxcrypt, the system's crypt(3).
APACHE = "ada:$2y$05$nvQ.Fg6RlLN6MH5EVJzNSuO8spG1ZvtZmeQkhp9wbBofUQ0e87Vl2"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "users"


def test_file_of_apaches_htpasswd_is_read(path: Path):
    """Its $2y$ hashes are bcrypt's own; comments and empty lines are none."""
    path.write_text(f"# the operators\n\n{APACHE}\r\n  bob:{cheap_hash('b')}  \n")
    users = read_users(path)
    assert list(users) == ["ada", "bob"]
    assert bcrypt.checkpw(b"lovelace", users["ada"].encode())


SCHEMES = {
    "MD5": "$apr1$Zx8F0n2X$abcdefghijklmnopqrstu.",
    "SHA-1": "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
    "SHA-256": "$5$salt$hash",
    "SHA-512": "$6$salt$hash",
    "crypt or plain text": "secret",
    "damaged bcrypt": "$2y$05$short",
    # bcrypt itself refuses such a salt, which must not become an error at somebody's login
    "damaged bcrypt ": "$2y$05$" + "z" * 53,
}


@pytest.mark.parametrize(("scheme", "hashed"), SCHEMES.items(), ids=SCHEMES)
def test_other_schemes_are_refused_by_name_and_line(scheme: str, hashed: str, path: Path):
    """A weak hash is an error that says how to make it good, and does not show the hash."""
    path.write_text(f"{APACHE}\n# comment\nbob:{hashed}\n")
    with pytest.raises(ConfigurationError) as caught:
        read_users(path)
    assert str(caught.value) == (
        f"users file {path}, line 3: the hash of 'bob' is {scheme.strip()}, not bcrypt;"
        f" make it anew with: mjpeg-viewer user add bob --users {path}"
    )


@pytest.mark.parametrize("cost", ["00", "03", "17", "31", "99"])
def test_cost_that_nobody_can_pay_is_refused(cost: str, path: Path):
    """bcrypt knows none below 4; a check at 17 takes ten seconds, and at 31 two days."""
    path.write_text(f"{APACHE}\nbob:$2b${cost}${'.' * 53}\n")
    with pytest.raises(ConfigurationError) as caught:
        read_users(path)
    assert str(caught.value) == (
        f"users file {path}, line 2: the hash of 'bob' has the cost {cost}, expected 04 to 16;"
        f" make it anew with: mjpeg-viewer user add bob --users {path}"
    )


@pytest.mark.parametrize("cost", ["04", "12", "16"])
def test_cost_in_between_is_taken(cost: str, path: Path):
    """The ends of the range belong to it."""
    path.write_text(f"bob:$2b${cost}${'.' * 53}\n")
    assert list(read_users(path)) == ["bob"]


@pytest.mark.parametrize("line", ["bob", "bob:", ":$2y$", "a b:x", "a/b:x"])
def test_line_that_is_no_user_is_named(line: str, path: Path):
    """One bad line refuses the file: a user that is silently missing would be worse."""
    path.write_text(f"{APACHE}\n{line}\n")
    with pytest.raises(ConfigurationError, match=r"users, line 2: expected NAME:HASH$"):
        read_users(path)


def test_file_that_cannot_be_read_says_how_to_make_one(path: Path):
    """The error names the file and the command."""
    with pytest.raises(ConfigurationError) as caught:
        read_users(path)
    assert str(caught.value) == (
        f"users file {path}: No such file or directory; make one with: mjpeg-viewer user add NAME --users {path}"
    )
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="is no text"):
        read_users(path)


def test_new_file_is_its_owners_alone(path: Path):
    """Whatever the umask, nobody else reads the hashes."""
    before = os.umask(0)
    try:
        write_users(path, {"ada": "x"})
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_file_is_replaced_as_a_whole_and_keeps_its_mode(path: Path):
    """Whoever has the old one open reads the old one to its end; the new one has all users, sorted."""
    write_users(path, {"ada": APACHE.partition(":")[2]})
    path.chmod(0o640)
    with path.open() as old:
        write_users(path, {"zoe": cheap_hash("z"), "ada": cheap_hash("a")})
        assert old.read() == f"{APACHE}\n"
    assert list(read_users(path)) == ["ada", "zoe"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_comments_and_order_stay(path: Path):
    """Who keeps notes in the file finds them where they were; a new user comes last."""
    path.write_text(f"# operators\n\nzoe:{cheap_hash('z')}\n#bob: on leave\n{APACHE}\n  bob:{cheap_hash('b')}\n# end\n")
    users = read_users(path)
    users.update(zoe=cheap_hash("new"), eve=cheap_hash("e"))
    del users["bob"]
    write_users(path, users)
    assert path.read_text() == (
        f"# operators\n\nzoe:{users['zoe']}\n#bob: on leave\n{APACHE}\n# end\neve:{users['eve']}\n"
    )


def test_missing_file_is_found_missing(path: Path):
    """None is not the same as an error: whoever adds a first user makes the file."""
    assert find_users(path) is None
    write_users(path, {})
    assert find_users(path) == {}
    with pytest.raises(ConfigurationError, match="Not a directory"):
        find_users(path / "users")


def test_link_to_the_file_stays_a_link(path: Path, tmp_path: Path):
    """A users file that is kept elsewhere is changed there."""
    link = tmp_path / "link"
    link.symlink_to(path)
    write_users(path, {})
    write_users(link, {"ada": APACHE.partition(":")[2]})
    assert link.is_symlink()
    assert list(read_users(path)) == ["ada"]


def test_failure_leaves_the_old_file_and_nothing_else(path: Path, monkeypatch: pytest.MonkeyPatch):
    """A full disk or a missing right costs the change, never the file."""
    write_users(path, {"ada": APACHE.partition(":")[2]})

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchown", no_space)
    with pytest.raises(ViewerError, match="No space left on device"):
        write_users(path, {})
    assert list(read_users(path)) == ["ada"]
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), UnicodeError("no text")])
def test_interruption_leaves_no_file_behind(path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException):
    """Whatever stops the writing, also Ctrl-C, is passed on, and half a file is not kept."""
    write_users(path, {"ada": APACHE.partition(":")[2]})

    def interrupt(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, "fchown", interrupt)
    with pytest.raises(type(error)):
        write_users(path, {})
    assert list(path.parent.iterdir()) == [path]


def test_folder_that_is_not_there_is_named(path: Path):
    """The error is one line."""
    with pytest.raises(ViewerError, match="No such file or directory"):
        write_users(path / "missing", {})


@pytest.mark.parametrize("password", ["secret", "ü" * 36, "x" * 72, " "])
def test_hash_is_bcrypt_of_cost_12(password: str, monkeypatch: pytest.MonkeyPatch):
    """What is made is what is read, at a cost that guessers feel."""
    asked: list[int] = []
    cheap = bcrypt.gensalt(4)
    monkeypatch.setattr(bcrypt, "gensalt", lambda cost: asked.append(cost) or cheap)
    hashed = hash_password(password)
    assert asked == [12]
    assert bcrypt.checkpw(password.encode(), hashed.encode())


@pytest.mark.parametrize(("password", "size"), [("", 0), ("x" * 73, 73), ("ü" * 37, 74), ("a\0b", 3)])
def test_password_that_bcrypt_cannot_tell_from_others_is_refused(password: str, size: int):
    """It reads 72 bytes and, in some versions, up to a zero: a longer password would only seem stronger."""
    with pytest.raises(ViewerError, match=f"the password has {size} bytes; expected 1 to 72, none of them zero"):
        hash_password(password)


@pytest.mark.parametrize("name", ["ada", "a@b.c", "Ürs", "x" * 64])
def test_name_that_may_be_a_users(name: str):
    """Names are what people have, e-mail addresses included."""
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "a b", "a:b", "a\nb", "a/b", "a\\b", "\0", "x" * 65, "#ada", "\udcff", "\x7f", "a\x9bb"]
)
def test_name_that_would_break_the_file_is_refused(name: str):
    """A name stands in a line of a file and in a cookie; what begins with # would be a comment there."""
    with pytest.raises(ViewerError, match="user name"):
        check_name(name)


def test_file_that_htpasswd_makes_is_read(path: Path):
    """The real program, where there is one."""
    try:
        subprocess.run(["htpasswd", "-cbBC", "4", path, "ada", "lovelace"], check=True, capture_output=True)
    except FileNotFoundError:
        path.write_text(APACHE)  # not installed: what it would have written
    assert bcrypt.checkpw(b"lovelace", read_users(path)["ada"].encode())


def test_password_that_is_no_text_is_refused():
    """Bytes that are no UTF-8 come as surrogates; no browser could send them again."""
    with pytest.raises(ViewerError, match="the password is no text in UTF-8"):
        hash_password("caf\udce9")
