"""Files that logins depend on and that others can change or read."""

from pathlib import Path

import pytest

from mjpeg_viewer.exposure import find_exposure


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("x")
    return folder / "file"


@pytest.mark.parametrize(
    ("mode", "secret", "found"),
    [
        (0o600, True, None),
        (0o400, True, None),
        (0o640, True, "others can read it (mode 640); type: chmod 600 {}"),
        (0o604, True, "others can read it (mode 604); type: chmod 600 {}"),
        (0o620, True, "others can write it (mode 620); type: chmod go-w {}"),
        (0o644, False, None),
        (0o640, False, None),
        (0o660, False, "others can write it (mode 660); type: chmod go-w {}"),
        (0o602, False, "others can write it (mode 602); type: chmod go-w {}"),
    ],
)
def test_mode_tells(path: Path, mode: int, secret: bool, found: str | None):
    """What others could do is said with the mode and the remedy."""
    path.chmod(mode)
    assert find_exposure(path, secret) == (found and found.format(path))


@pytest.mark.parametrize("mode", [0o777, 0o702])
@pytest.mark.parametrize("linked", [False, True])
def test_folder_that_anybody_can_write_is_as_bad(path: Path, tmp_path: Path, mode: int, linked: bool):
    """Who can write a folder can lay another file in the place of this one; not where it is sticky, as /tmp is."""
    seen = path
    if linked:
        seen = tmp_path / "link"
        seen.symlink_to(path)
    path.chmod(0o600)
    path.parent.chmod(mode)
    assert find_exposure(seen) == (
        f"others can replace it, as they can write its folder (mode {mode:o}); type: chmod o-w {path.parent}"
    )
    path.parent.chmod(0o1777)
    assert find_exposure(seen) is None
