"""Files that logins depend on and that others can change or read."""

import shlex
import subprocess
from pathlib import Path

import pytest

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.exposure import (
    KEPT_BY_GROUP,
    KEPT_BY_OWNER,
    SECRET,
    SECRET_OF_GROUP,
    find_exposure,
    refuse_exposure,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("x")
    return folder / "file"


@pytest.mark.parametrize(
    ("mode", "closed", "found"),
    [
        (0o600, SECRET, None),
        (0o400, SECRET, None),
        (0o640, SECRET, "others can read it (mode 640); type: chmod 600 {}"),
        (0o604, SECRET, "others can read it (mode 604); type: chmod 600 {}"),
        (0o620, SECRET, "others can write it (mode 620); type: chmod go-w {}"),
        (0o640, SECRET_OF_GROUP, None),
        (0o644, SECRET_OF_GROUP, "others can read it (mode 644); type: chmod 640 {}"),
        (0o604, SECRET_OF_GROUP, "others can read it (mode 604); type: chmod 600 {}"),
        (0o660, SECRET_OF_GROUP, "others can write it (mode 660); type: chmod go-w {}"),
        (0o602, SECRET_OF_GROUP, "others can write it (mode 602); type: chmod go-w {}"),
        (0o644, KEPT_BY_OWNER, None),
        (0o640, KEPT_BY_OWNER, None),
        (0o660, KEPT_BY_OWNER, "others can write it (mode 660); type: chmod go-w {}"),
        (0o602, KEPT_BY_OWNER, "others can write it (mode 602); type: chmod go-w {}"),
        (0o664, KEPT_BY_GROUP, None),
        (0o666, KEPT_BY_GROUP, "others can write it (mode 666); type: chmod o-w {}"),
    ],
)
def test_mode_tells(path: Path, mode: int, closed: int, found: str | None):
    """What others could do is said with the mode and the remedy, which helps."""
    path.chmod(mode)
    assert find_exposure(path, closed) == (found and found.format(path))
    if found is not None:
        subprocess.run(shlex.split(found.format(path).partition("type: ")[2]), check=True)
        assert find_exposure(path, closed) is None


@pytest.mark.parametrize("closed", [SECRET, SECRET_OF_GROUP, KEPT_BY_OWNER, KEPT_BY_GROUP])
@pytest.mark.parametrize("mode", [0o777, 0o702])
@pytest.mark.parametrize("linked", [False, True])
def test_folder_that_anybody_can_write_is_as_bad(path: Path, tmp_path: Path, closed: int, mode: int, linked: bool):
    """Who can write a folder can lay another file in the place of this one; not where it is sticky, as /tmp is."""
    seen = path
    if linked:
        seen = tmp_path / "link"
        seen.symlink_to(path)
    path.chmod(0o600)
    path.parent.chmod(mode)
    assert find_exposure(seen, closed) == (
        f"others can replace it, as they can write its folder (mode {mode:o}); type: chmod o-w {path.parent}"
    )
    path.parent.chmod(0o1777)
    assert find_exposure(seen, closed) is None


def test_refusal_names_the_key(path: Path):
    """What is open to others is refused by the key that names it, and so is what is not there."""
    path.chmod(0o644)
    refuse_exposure("server.x", path)
    with pytest.raises(ConfigurationError) as caught:
        refuse_exposure("server.x", path, SECRET_OF_GROUP)
    assert str(caught.value) == f"server.x: {path}: others can read it (mode 644); type: chmod 640 {path}"
    path.unlink()
    with pytest.raises(ConfigurationError, match=rf"^server\.x: {path}: No such file or directory$"):
        refuse_exposure("server.x", path)
