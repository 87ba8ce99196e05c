"""Who may log in: passwords, and what is remembered of them."""

import logging
from pathlib import Path

import bcrypt
import pytest

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.htpasswd import read_users, write_users
from mjpeg_viewer.users import UserFile, Users
from tests.kit import cheap_hash

HASHES = {"ada": cheap_hash("lovelace"), "bob": cheap_hash("b" * 72)}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A users file, looked at each time it is asked for."""
    monkeypatch.setattr(UserFile, "_LOOK_PERIOD", -1.0)
    write_users(tmp_path / "users", HASHES)
    return tmp_path / "users"


@pytest.mark.parametrize(
    ("name", "password", "right"),
    [
        ("ada", "lovelace", True),
        ("ada", "Lovelace", False),
        ("ada", "lovelace ", False),
        ("ada", "", False),
        ("ada", "lovelace\0", False),
        ("ada", "\ud800", False),
        ("ADA", "lovelace", False),
        ("", "", False),
        ("zoe", "lovelace", False),
        ("bob", "b" * 72, True),
        ("bob", "b" * 73, False),
        ("bob", "b" * 71, False),
        ("ada", "lovelace" * 100_000, False),
    ],
    ids=lambda value: str(value)[:12],
)
def test_password_is_the_users_or_it_is_not(name: str, password: str, right: bool):
    """Every byte counts, the 73rd too, that bcrypt does not read; nothing that can be typed is an error."""
    users = Users(HASHES)
    assert not users.remembers(name, password)
    assert users.verify(name, password) is right
    assert users.remembers(name, password) is right


def test_verified_password_is_remembered_and_no_other():
    """The second time costs nothing, and only for the very same name and password."""
    users = Users(HASHES)
    assert users.verify("ada", "lovelace")
    assert users.remembers("ada", "lovelace")
    assert not users.remembers("ada", "other")
    assert not users.remembers("bob", "lovelace")
    assert not users.verify("ada", "other")
    assert users.remembers("ada", "lovelace"), "a guesser must not make the user pay"


def test_nothing_that_is_remembered_is_a_password():
    """What is kept in memory is a keyed digest, another one in each process."""
    one, two = Users(HASHES), Users(HASHES)
    for users in (one, two):
        users.verify("ada", "lovelace")
    assert b"lovelace" not in repr(vars(one)).encode()
    assert one._verified["ada"] != two._verified["ada"]


@pytest.mark.parametrize("costs", [[4], [5], [4, 5, 6], []])
def test_unknown_user_costs_as_much_as_some_user(monkeypatch: pytest.MonkeyPatch, costs: list[int]):
    """An unknown name is hashed for, too, at the cost of one of the users, which stays the same for each name."""
    hashed: list[int] = []
    check = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda given, known: hashed.append(int(known[4:6])) or check(given, known))
    users = Users({f"user{cost}": bcrypt.hashpw(b"a", bcrypt.gensalt(cost)).decode() for cost in costs})
    for name in ("zoe", "\udcff", "", *map(str, range(30)))[: 33 if costs else 1]:
        assert not users.verify(name, "a")
        assert not users.verify(name, "b")
        first, again = hashed[-2:]
        assert first == again
    assert set(hashed) == set(costs or [12])


def test_fingerprint_changes_with_the_password_and_with_nothing_else():
    """Sessions hold on to it, so it must be the same after a restart, and no way back to the hash."""
    users = Users(HASHES)
    fingerprint = users.find_fingerprint("ada")
    assert fingerprint == Users(HASHES).find_fingerprint("ada")
    assert fingerprint not in (None, Users({"ada": cheap_hash("lovelace")}).find_fingerprint("ada"))
    assert str(fingerprint) not in HASHES["ada"]
    assert users.find_fingerprint("zoe") is None


def test_users_file_is_read_anew_when_it_changes(path: Path):
    """Added users may come in, removed ones may not, and a changed password is asked for again."""
    users = UserFile(path)
    assert users.verify("ada", "lovelace")
    assert users.verify("bob", "b" * 72)
    before = users.find_fingerprint("ada")

    write_users(path, {"ada": cheap_hash("changed"), "zoe": cheap_hash("z")})
    assert not users.remembers("ada", "lovelace")
    assert not users.verify("ada", "lovelace")
    assert users.verify("ada", "changed")
    assert users.find_fingerprint("ada") != before
    assert users.verify("zoe", "z")
    assert not users.remembers("bob", "b" * 72)
    assert not users.verify("bob", "b" * 72)
    assert users.find_fingerprint("bob") is None


def test_file_is_looked_at_no_more_often_than_once_a_second(path: Path, monkeypatch: pytest.MonkeyPatch):
    """A program that sends its password 100 times a second costs one look at the file."""
    looked: list[object] = []
    original = UserFile._get_stamp
    monkeypatch.setattr(UserFile, "_get_stamp", lambda self: looked.append(self) or original(self))
    monkeypatch.setattr(UserFile, "_LOOK_PERIOD", 1.0)
    now = [100.0]
    monkeypatch.setattr("mjpeg_viewer.rereading.time.monotonic", lambda: now[0])
    users = UserFile(path)
    looked.clear()
    for _ in range(350):
        users.remembers("ada", "x")
        now[0] += 0.01
    assert len(looked) == 3


@pytest.mark.parametrize("damage", ["ada:plain\n", "half a li", None], ids=["weak", "half", "gone"])
def test_damaged_or_missing_file_changes_nobody(damage: str | None, path: Path, caplog: pytest.LogCaptureFixture):
    """Half an edit neither locks anybody out nor lets anybody in; it is logged once, and the mended file counts."""
    users = UserFile(path)
    if damage is None:
        path.unlink()
    else:
        path.write_text(damage)
    with caplog.at_level(logging.ERROR):
        assert users.verify("ada", "lovelace")
        assert not users.verify("ada", "plain")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert str(path) in caplog.text
    assert "the users stay as they were" in caplog.text
    write_users(path, {"zoe": cheap_hash("z")})
    assert users.verify("zoe", "z")
    assert not users.remembers("ada", "lovelace")


def test_file_that_is_wrong_from_the_start_is_an_error(path: Path):
    """Nobody is served with users that cannot be read."""
    path.write_text("ada:plain\n")
    with pytest.raises(ConfigurationError, match="line 1"):
        UserFile(path)


def test_change_while_the_file_is_first_read_is_not_missed(path: Path, monkeypatch: pytest.MonkeyPatch):
    """An edit in the moment of the start counts at the next look, not at the next edit."""

    def read_and_change(file: Path) -> dict[str, str]:
        monkeypatch.undo()
        monkeypatch.setattr(UserFile, "_LOOK_PERIOD", -1.0)
        users = read_users(file)
        write_users(file, {"zoe": cheap_hash("z")})
        return users

    monkeypatch.setattr("mjpeg_viewer.users.read_users", read_and_change)
    users = UserFile(path)
    assert users.verify("zoe", "z")
    assert users.find_fingerprint("ada") is None
