"""Imports go down only: the floors of the house, held against what every module really imports."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[1] / "mjpeg_viewer"

# From the ground up.  A unit imports itself and what stands on lower floors, never its neighbours.
FLOORS = [
    {"__init__", "static"},
    {"errors", "frame", "replacing"},
    {"exposure"},
    {"rendition", "settings", "htpasswd", "systemd", "rereading"},
    {"message", "imaging", "wire", "stats", "query"},
    {"multipart", "calibration"},
    {"hub", "mailbox", "supervisor", "users", "rates", "troubles"},
    {"sources"},
    {"status", "reception"},
    {"encoder"},
    {"background", "encoders", "pictures"},
    {"camera"},
    {"web"},
    {"cli"},
    {"__main__"},
]

# A program beside the viewer: of the house it may see this, and nobody in the house but the command line sees it.
BESIDE = {"simulator": {"errors"}}

# Who alone may import what: an edge of the program that is crossed in one place.
ONLY_BY = {
    "settings": {"cli"},
    "simulator": {"cli"},
    "zmq": {"sources", "simulator"},
    "bsread": {"simulator", "sources"},
    "bitshuffle": {"message"},
    "lz4": {"message"},
    "cv2": {"imaging"},
    "aiohttp": {"web", "cli"},
    "aiohttp_session": {"web"},
    "aiohttp_jinja2": {"web"},
    "bcrypt": {"htpasswd", "users"},
    "uvloop": {"cli"},
    "joserfc": {"web"},
    "prometheus_client": {"web"},
}

FLOOR_OF = {unit: number for number, floor in enumerate(FLOORS) for unit in floor}


class Import(NamedTuple):
    """One imported module: in which file and line, by which unit of the house, and what."""

    place: str
    unit: str
    imported: str

    @property
    def target(self) -> str:
        """The unit of the house that is imported, or the package from outside."""
        first, _, rest = self.imported.partition(".")
        return (rest.split(".")[0] or "__init__") if first == PACKAGE.name else first


def read_imports(root: Path = PACKAGE) -> Iterator[Import]:
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        unit = relative.parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(), str(path))):
            for imported in _imported_by(node):
                yield Import(f"{root.name}/{relative}:{getattr(node, 'lineno', 0)}", unit, imported)


def _imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert not node.level, "a relative import hides where it leads"
        if node.module == PACKAGE.name:  # from mjpeg_viewer import camera
            return [f"{node.module}.{alias.name}" if alias.name in FLOOR_OF else node.module for alias in node.names]
        return [node.module or ""]
    return []


def find_faults(imports: Iterator[Import]) -> list[str]:
    faults = []
    for place, unit, imported in (found := list(imports)):
        target = Import(place, unit, imported).target
        if unit != target and unit not in ONLY_BY.get(target, {unit}):
            faults.append(f"{place}: {unit} imports {imported}, which is for {sorted(ONLY_BY[target])} alone")
        if not imported.startswith(PACKAGE.name) or unit == target or target in BESIDE:
            continue
        if unit in BESIDE:
            if target not in BESIDE[unit]:
                faults.append(f"{place}: {unit} stands beside the house and imports {imported}")
        elif FLOOR_OF.get(target, 0) >= FLOOR_OF.get(unit, len(FLOORS)):
            faults.append(f"{place}: {unit} imports {imported}, which is not below it")
    assert found, "no imports were read"
    return faults


def test_imports_go_down_only():
    """No module imports one of its own floor or of a higher one."""
    assert find_faults(read_imports()) == []


def test_every_module_has_a_floor():
    """A new module or package must be given its place in the house."""
    units = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert units - {"__pycache__", "py.typed"} == set(FLOOR_OF) | set(BESIDE)


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("hub.py", "from mjpeg_viewer.camera import Camera"),
        ("hub.py", "from mjpeg_viewer import camera"),
        ("hub.py", "import mjpeg_viewer.mailbox"),
        ("camera.py", "def late():\n    import mjpeg_viewer.web.app"),
        ("web/state.py", "from mjpeg_viewer.settings import Settings"),
        ("status.py", "from mjpeg_viewer.simulator import Beam"),
        ("simulator/sender.py", "from mjpeg_viewer.frame import Frame"),
        ("camera.py", "import zmq"),
    ],
)
def test_import_that_goes_up_is_found_with_file_and_line(tmp_path: Path, where: str, line: str):
    """The reader of imports sees every way to write one, inside functions too, and says where it stands."""
    root = tmp_path / PACKAGE.name
    path = root / where
    path.parent.mkdir(parents=True)
    path.write_text(f'"""A module."""\n{line}\n')
    (fault,) = find_faults(read_imports(root))
    assert fault.startswith(f"mjpeg_viewer/{where}:{2 + line.count(chr(10))}: ")
