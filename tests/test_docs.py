"""The documents keep their word: keys, links, paths and commands that they name are there."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from mjpeg_viewer.errors import RenditionError
from mjpeg_viewer.query import parse_rendition
from mjpeg_viewer.rendition import Colormap, LevelsMode, Norm, Overlay, Rendition
from mjpeg_viewer.settings import (
    CalibrationSettings,
    CameraSettings,
    LimitSettings,
    OidcSettings,
    ServerSettings,
    ViewerSettings,
    load_settings,
)

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "SECURITY")]
DOCUMENTS += sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize(
    ("table", "struct"),
    [
        ("## `[server]`", ServerSettings),
        ("## `[oidc]`", OidcSettings),
        ("## `[cameras.NAME]`", CameraSettings),
        ("## `[cameras.NAME.calibration]`", CalibrationSettings),
        ("## `[viewers]`", ViewerSettings),
        ("## `[limits]`", LimitSettings),
    ],
)
def test_every_key_is_documented_and_every_documented_key_exists(table: str, struct: type[msgspec.Struct]):
    """docs/configuration.md has one row for each key, with range, default and effect, and no other row."""
    section = (ROOT / "docs/configuration.md").read_text().split(table)[1].split("\n## ")[0].split("\n### ")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in section.splitlines() if line.startswith("| `")]
    assert [row[0].strip(" `") for row in rows] == list(struct.__struct_fields__)
    assert all(cell.strip() for row in rows for cell in row)


def test_every_parameter_of_a_picture_is_documented():
    """docs/pictures.md has one row for each that an URL may have, with its words, in the order they are applied."""
    section = (ROOT / "docs/pictures.md").read_text().split("## Parameters")[1].split("\n## ")[0]
    rows = {row[1].strip(" `"): row[2:-1] for row in _rows(section)}
    with pytest.raises(RenditionError) as caught:
        parse_rendition({"": ""})
    known = str(caught.value).split("known here are ")[1].split(", ")
    assert sorted(rows) == sorted(known)
    assert all(cell.strip() for row in rows.values() for cell in row)
    for key, words in (("levels", LevelsMode), ("norm", Norm), ("colormap", Colormap), ("overlay", Overlay)):
        assert sorted(re.findall(r"`([a-z-]+)`", rows[key][0])) == sorted(get_args(words))
    fields = [field.name for field in dataclasses.fields(Rendition)]
    assert [key for key in rows if key in fields] == [field for field in fields if field in rows]


def _rows(section: str) -> list[list[str]]:
    return [line.split("|") for line in section.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_inside_the_repository_lead_somewhere(document: Path):
    """Every relative link and picture of a document is a file."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_sample_configurations_are_read_without_a_fault(tmp_path: Path):
    """The configurations in the README, in the documentation and in deploy/ are right, key by key."""
    samples = [(ROOT / "deploy/config.toml").read_text()]
    for document in ("README.md", "docs/configuration.md", "docs/outer-doors.md"):
        samples += re.findall(r"```toml\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    assert len(samples) == 5
    for number, sample in enumerate(samples):
        path = tmp_path / f"{number}.toml"
        path.write_text(sample)
        assert load_settings(path).cameras


def test_commands_in_the_readme_have_the_options_that_they_use():
    """Every `mjpeg-viewer COMMAND --option` of the README is one that the command's own help names."""
    lines = re.findall(
        r"(?:^|`|bin/|# )mjpeg-viewer ([a-z]+)([^\n`#|]*)", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert {command for command, _ in lines} >= {"serve", "simulate", "probe", "user", "check"}
    helps = {
        command: subprocess.run(
            [sys.executable, "-m", "mjpeg_viewer", command, "--help"], capture_output=True, text=True, check=True
        ).stdout
        for command in {command for command, _ in lines}
    }
    for command, rest in lines:
        shown = helps[command]
        for option in re.findall(r"(?<!\S)--?[A-Za-z][a-z-]*", rest):
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", shown), f"{command} has no {option}"


def test_house_in_the_readme_names_every_module():
    """The README's picture of the house has every module and package, and none that is not there."""
    house = re.search(r"```\n(mjpeg_viewer/\n.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert house is not None
    named = set()
    for line in house[1].splitlines()[1:]:
        if line.startswith("  ") and not line.startswith("    "):
            named |= {word.strip(" /") for word in line[2:29].split(",")}
    present = {
        path.stem
        for path in (ROOT / "mjpeg_viewer").iterdir()
        if (path.suffix == ".py" or (path.is_dir() and (path / "__init__.py").exists())) and path.stem[0] != "_"
    }
    assert named == present - {"static"}


def test_tests_that_security_names_are_there():
    """docs/security.md names tests as its proofs; each is in the file that it is said to be in."""
    files = {path.name: path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    named = re.findall(r"`(test_\w+\.py)(?:::(\w+))?`", (ROOT / "docs/security.md").read_text())
    assert len(named) > 50
    missing = [f"{file}::{test}" for file, test in named if f"def {test or 'test_'}" not in files[file]]
    assert missing == []
