"""What setup.cfg ships, held against what stands in the tree."""

import configparser
import fnmatch
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import mjpeg_viewer

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def listed(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_every_package_is_shipped(setup: configparser.ConfigParser):
    """A package that setup.cfg does not list is missing from the wheel alone, where no other test would notice."""
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "mjpeg_viewer").rglob("__init__.py")} | {
        "mjpeg_viewer.templates"
    }
    assert set(listed(setup["options"]["packages"])) == found
    assert "mjpeg_viewer.templates = templates" in listed(setup["options"]["package_dir"])


@pytest.mark.parametrize(
    ("package", "folder"), [("mjpeg_viewer.templates", "templates"), ("mjpeg_viewer.static", "mjpeg_viewer/static")]
)
def test_every_template_and_static_file_is_shipped(setup: configparser.ConfigParser, package: str, folder: str):
    """Each file beside the code is matched by a pattern of package_data."""
    patterns = [pattern.strip() for pattern in setup["options.package_data"][package].split(",")]
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    data = [path.relative_to(ROOT / folder).as_posix() for path in files if path.suffix != ".py"]
    assert data
    assert [name for name in data if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)] == []


def test_the_type_marker_is_shipped(setup: configparser.ConfigParser):
    """Whoever imports the package gets its types."""
    assert (ROOT / "mjpeg_viewer" / "py.typed").exists()
    assert "py.typed" in setup["options.package_data"]["mjpeg_viewer"]


def test_version_is_one(setup: configparser.ConfigParser):
    """The version stands in one place and is read from there; an installed package has the same."""
    assert setup["metadata"]["version"] == "attr: mjpeg_viewer.__version__"
    assert re.fullmatch(r"\d+\.\d+\.\d+", mjpeg_viewer.__version__)
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text()).get("project", {})
    try:
        installed = version("mjpeg-viewer")
    except PackageNotFoundError:
        return  # run from the tree
    assert installed == mjpeg_viewer.__version__


def test_every_import_from_outside_is_a_requirement(setup: configparser.ConfigParser):
    """What the program imports is installed with it, not by luck with something else."""
    from tests.test_imports import read_imports

    distribution = {"cv2": "opencv-python-headless", "zmq": "pyzmq", "bsread": "psi-bsread"}
    # Done without where they are missing.
    extras = [line for extra in ("uvloop", "oidc") for line in listed(setup["options.extras_require"][extra])]
    required = {re.split(r"[ <>=]", line)[0] for line in listed(setup["options"]["install_requires"]) + extras}
    standard = sys.stdlib_module_names
    imported = {found.target for found in read_imports() if not found.imported.startswith("mjpeg_viewer")} - standard
    assert {distribution.get(name, name.replace("_", "-")) for name in imported} == required
