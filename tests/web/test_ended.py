"""The sessions that were ended: remembered until they would have ended by themselves, in a file as in memory."""

import logging
import time
from pathlib import Path

import pytest

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.web import ended
from mjpeg_viewer.web.ended import EndedSessions
from mjpeg_viewer.web.sessions import MAX_AGE

NOW = int(time.time())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session.key.ended"


def test_ended_session_stays_ended_after_a_restart(path: Path):
    """What was written is read; the file is its owner's alone, and no other lies beside it."""
    EndedSessions(path).add("a-_1", NOW)
    again = EndedSessions(path)
    assert again.has("a-_1", NOW)
    assert not again.has("b", NOW)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_without_a_file_nothing_is_written(path: Path, monkeypatch: pytest.MonkeyPatch):
    """Where the key is forgotten at the end, this may be too."""
    monkeypatch.chdir(path.parent)
    sessions = EndedSessions()
    sessions.add("a", NOW)
    assert sessions.has("a", NOW)
    assert not list(path.parent.iterdir())


def test_session_that_ended_by_itself_is_forgotten(path: Path):
    """Neither memory nor file grow for ever."""
    sessions = EndedSessions(path)
    sessions.add("old", NOW - MAX_AGE - 1)
    sessions.add("new", NOW)
    assert not sessions.has("old", NOW)
    assert path.read_text() == f"new {NOW + MAX_AGE}\n"


def test_with_too_many_the_oldest_sessions_are_ended_for_all(path: Path, monkeypatch: pytest.MonkeyPatch):
    """No logout is ever taken back: who began no later than one that is dropped is out too, after a restart as well."""
    monkeypatch.setattr(ended, "_MAX_ENDED", 3)
    sessions = EndedSessions(path)
    for number in range(10):
        sessions.add(f"s{number}", NOW + number)
    assert len(path.read_text().splitlines()) <= 4
    for known in (sessions, EndedSessions(path)):
        assert all(known.has(f"s{number}", NOW + number) for number in range(10))
        assert known.has("other", NOW + 5)
        assert not known.has("other", NOW + 9)


def test_all_sessions_of_a_user_end_together(path: Path):
    """Until when they began is known after a restart as well, for that user alone, and kept until all are over."""
    now = int(time.time())
    EndedSessions(path).add_all("ada:ü", now)
    again = EndedSessions(path)
    assert (again.find_all("ada:ü"), again.find_all("bob")) == (now, 0)
    assert "ada" not in path.read_text()
    again.add("a", NOW)
    assert EndedSessions(path).find_all("ada:ü") == now
    EndedSessions(path).add_all("bob", now - MAX_AGE)
    assert len(path.read_text().splitlines()) == 2


def test_list_that_others_can_write_is_refused(path: Path):
    """Whoever takes a line out of it would let somebody in again."""
    EndedSessions(path).add("a", NOW)
    path.chmod(0o620)
    with pytest.raises(ConfigurationError, match=r"ended sessions .*: others can write it \(mode 620\); type: chmod"):
        EndedSessions(path)


def test_two_servers_with_one_key_forget_nothing_of_each_other(path: Path):
    """What one wrote stands there after the other wrote."""
    one, other = EndedSessions(path), EndedSessions(path)
    one.add("a", NOW)
    other.add("b", NOW)
    one.add("c", NOW)
    third = EndedSessions(path)
    assert all(third.has(session, NOW) for session in "abc")


@pytest.mark.parametrize(
    ("content", "line"), [(b"a 1\nhalf a li", 2), (b"a\n", 1), (b"\xff\n", 1), (b"a 1\n\n", 2), (b"a b 1\n", 1)]
)
def test_file_that_is_none_is_refused_with_its_line(path: Path, content: bytes, line: int):
    """Who would serve with half a list would let somebody in."""
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        EndedSessions(path)
    assert str(caught.value).startswith(f"file of ended sessions {path}, line {line}: expected ID SECONDS; remove")


def test_file_that_cannot_be_read_is_named(tmp_path: Path):
    """A folder is no file."""
    with pytest.raises(ConfigurationError, match=r"ended sessions .*: Is a directory$"):
        EndedSessions(tmp_path)


@pytest.mark.parametrize("damage", ["folder gone", "file damaged"])
def test_logout_that_cannot_be_written_holds_nevertheless(tmp_path: Path, caplog, damage: str):
    """It is one error in the log, and void until the next start."""
    folder = tmp_path / "state"
    folder.mkdir()
    sessions = EndedSessions(folder / "ended")
    if damage == "folder gone":
        folder.rmdir()
    else:
        (folder / "ended").write_text("?\n")
    with caplog.at_level(logging.ERROR):
        sessions.add("a", NOW)
    assert sessions.has("a", NOW)
    (record,) = caplog.records
    assert str(folder / "ended") in record.getMessage()
    assert "a logout holds only until the next start" in record.getMessage()
    assert not record.exc_info
