"""The configuration file: what is read, and which sentence each fault gets."""

from pathlib import Path

import pytest

from mjpeg_viewer.camera import MOST_ENCODERS
from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.settings import CalibrationSettings, CameraSettings, ServerSettings, ViewerSettings, load_settings
from mjpeg_viewer.web.places import PlaceLimits
from mjpeg_viewer.web.viewer import STALL_TIMEOUT

CAMERA = '[cameras.beam]\nsource = "bsread+pull://h:1"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "viewer.toml"


def test_whole_file_is_read_in_its_own_order(path: Path):
    """Every key arrives, and the cameras stay in the order in which somebody wrote them."""
    path.write_text(
        '[server]\nhost = "0.0.0.0"\nport = 0\nusers = "/etc/users"\nsession_key = "/k"\n'
        "[viewers]\ntotal = 5\nper_user = 4\nper_address = 3\nrenditions = 2\nstall_timeout = 10\n"
        '[cameras.z-1]\nsource = "bsread+sub://h:1"\nimage_channel = "cam:FPICTURE"\n'
        '[cameras."a.b_C"]\nsource = "bsread+pull://h:2"\n'
    )
    settings = load_settings(path)
    assert settings.server == ServerSettings("0.0.0.0", 0, "/etc/users", "/k")
    assert settings.viewers == ViewerSettings(5, 4, 3, 2, 10.0)
    assert list(settings.cameras.items()) == [
        ("z-1", CameraSettings("bsread+sub://h:1", "cam:FPICTURE")),
        ("a.b_C", CameraSettings("bsread+pull://h:2")),
    ]


def test_calibration_is_read_inline_and_as_a_table(path: Path):
    """Whole numbers do as well; what is left out is what the stream says."""
    path.write_text(
        f'{CAMERA}saturation = 4095\ncalibration = {{unit = "um", x = 3, y = -3.45, origin = [640, 512.5]}}\n'
        '[cameras.two]\nsource = "x"\n[cameras.two.calibration]\nunit = "mm"\n'
    )
    cameras = load_settings(path).cameras
    assert cameras["beam"].calibration == CalibrationSettings("um", 3.0, -3.45, (640.0, 512.5))
    assert cameras["beam"].saturation == 4095
    assert cameras["two"].calibration == CalibrationSettings("mm", None, None, (0.0, 0.0))


def test_what_is_left_out_has_its_default(path: Path):
    """A source is enough."""
    path.write_text(CAMERA)
    settings = load_settings(path)
    assert settings.server == ServerSettings("127.0.0.1", 5000, None, None)
    viewers = settings.viewers
    assert PlaceLimits(viewers.total, viewers.per_user, viewers.per_address) == PlaceLimits()
    assert (viewers.renditions, viewers.stall_timeout) == (MOST_ENCODERS, STALL_TIMEOUT)


def test_rights_are_users_and_groups(path: Path):
    """A group stands for its members; a camera without a list is for everybody, one with an empty list for nobody."""
    path.write_text(
        CAMERA + '[cameras.a]\nsource = "x"\nallow = ["group:optics", "anna", "ben"]\n'
        '[cameras.b]\nsource = "x"\nallow = []\n[groups]\noptics = ["ben", "zoë"]\nempty = []\n'
    )
    assert load_settings(path).allowed_users() == {"a": {"anna", "ben", "zoë"}, "b": frozenset()}


def test_rights_tell_a_providers_users_and_groups_apart(path: Path):
    """A group that is listed is that list, whatever the provider calls so; one that is not is the provider's."""
    path.write_text(
        CAMERA + 'allow = []\n[cameras.a]\nsource = "x"\nallow = ["anna", "oidc:zoë", "group:optics", "group:staff"]\n'
        '[groups]\noptics = ["ben", "oidc:carla"]\n[oidc]\nissuer = "https://sso"\nclient_id = "viewer"\n'
    )
    settings = load_settings(path)
    assert settings.allowed_users() == {"beam": frozenset(), "a": {"anna", "ben"}}
    assert settings.allowed_by_oidc() == {"beam": frozenset(), "a": {"zoë", "carla"}}
    assert settings.allowed_groups() == {"beam": frozenset(), "a": {"staff"}}


FAULTS: dict[str, tuple[str, str]] = {
    "unknown table": (
        CAMERA + "[serve]\n",
        "serve: unknown key; known are cameras, server, viewers, limits, groups, oidc",
    ),
    "unknown key of the server": (
        CAMERA + "[server]\nprot = 1\n",
        "server.prot: unknown key; known are " + ", ".join(ServerSettings.__struct_fields__),
    ),
    "unknown key of a camera": (
        CAMERA + '[cameras.two]\nsource = "x"\nchanel = "y"\n',
        "cameras.two.chanel: unknown key; known are source, image_channel, connect, calibration, saturation, allow",
    ),
    "no source": (CAMERA + "[cameras.two]\n", "cameras.two.source: missing"),
    "no cameras": ("[server]\n", "cameras: missing"),
    "empty cameras": ("[cameras]\n", "cameras: there is none; add a table [cameras.NAME] with a source"),
    "empty file": ("", "cameras: missing"),
    "cameras a number": ("cameras = 5\n", "cameras: expected `object`, got `int`"),
    "camera a text": ('[cameras]\nbeam = "bsread"\n', "cameras.beam: expected `object`, got `str`"),
    "source a number": ("[cameras.beam]\nsource = 8888\n", "cameras.beam.source: expected `str`, got `int`"),
    "port a text": (CAMERA + '[server]\nport = "5000"\n', "server.port: expected `int`, got `str`"),
    "port too large": (CAMERA + "[server]\nport = 65536\n", "server.port: expected `int` <= 65535"),
    "port negative": (CAMERA + "[server]\nport = -1\n", "server.port: expected `int` >= 0"),
    "port true": (CAMERA + "[server]\nport = true\n", "server.port: expected `int`, got `bool`"),
    "unknown key of a calibration": (
        CAMERA + 'calibration = {unit = "mm", z = 1}\n',
        "cameras.beam.calibration.z: unknown key; known are unit, x, y, origin",
    ),
    "calibration without a unit": (CAMERA + "calibration = {x = 1}\n", "cameras.beam.calibration.unit: missing"),
    "unit of nothing": (
        CAMERA + 'calibration = {unit = ""}\n',
        "cameras.beam.calibration.unit: expected `str` of length >= 1",
    ),
    "pixels of no size": (
        CAMERA + 'calibration = {unit = "mm", y = 0.0}\n',
        "cameras.beam.calibration: y = 0: expected the distance of two pixels, negative if the axis is turned round",
    ),
    "pixels of no number": (
        CAMERA + 'calibration = {unit = "mm", x = nan}\n',
        "cameras.beam.calibration.x: expected `float` >= -1000000000.0",
    ),
    "pixels without end": (
        CAMERA + 'calibration = {unit = "mm", x = inf}\n',
        "cameras.beam.calibration.x: expected `float` <= 1000000000.0",
    ),
    "origin of one number": (
        CAMERA + 'calibration = {unit = "mm", origin = [1]}\n',
        "cameras.beam.calibration.origin: expected `array` of length 2, got 1",
    ),
    "origin of no number": (
        CAMERA + 'calibration = {unit = "mm", origin = [1, nan]}\n',
        "cameras.beam.calibration.origin[1]: expected `float` >= -1000000.0",
    ),
    "saturation of nothing": (CAMERA + "saturation = 0\n", "cameras.beam.saturation: expected `float` > 0.0"),
    "no viewers at all": (CAMERA + "[viewers]\ntotal = 0\n", "viewers.total: expected `int` >= 1"),
    "viewers of an address without a number": (
        CAMERA + '[viewers]\nper_address = "all"\n',
        "viewers.per_address: expected `int | null`, got `str`",
    ),
    "impatient": (CAMERA + "[viewers]\nstall_timeout = 0.5\n", "viewers.stall_timeout: expected `float` >= 1.0"),
    "unknown key of the viewers": (
        CAMERA + "[viewers]\nper_host = 1\n",
        "viewers.per_host: unknown key; known are total, per_user, per_address, renditions, stall_timeout",
    ),
    "bad name": (
        '[cameras."a/b"]\nsource = "x"\n',
        "cameras.'a/b': expected a name of letters, digits, '.', '_' and '-', 64 at most",
    ),
    "unknown group": (
        CAMERA + 'allow = ["group:optik"]\n[groups]\noptics = []\n',
        "cameras.beam.allow: there is no group 'optik'; known are optics",
    ),
    "group of none": (CAMERA + 'allow = ["group:"]\n', "cameras.beam.allow: there is no group ''; known are none"),
    "group of no name at a provider": (
        CAMERA + 'allow = ["group:"]\n[oidc]\nissuer = "https://sso"\nclient_id = "viewer"\n',
        "cameras.beam.allow: there is no group ''; known are none",
    ),
    "user of no provider": (
        CAMERA + 'allow = ["oidc:anna"]\n',
        "cameras.beam.allow: 'oidc:anna' is no user's name; expected e.g. 'anna' or 'group:optics'",
    ),
    "member of no provider": (CAMERA + '[groups]\na = ["oidc:b"]\n', "groups.a: 'oidc:b' is no user's name"),
    "odd user": (
        CAMERA + 'allow = ["groups:optics"]\n',
        "cameras.beam.allow: 'groups:optics' is no user's name; expected e.g. 'anna' or 'group:optics'",
    ),
    "empty user": (
        CAMERA + 'allow = [""]\n',
        "cameras.beam.allow: '' is no user's name; expected e.g. 'anna' or 'group:optics'",
    ),
    "allow a text": (CAMERA + 'allow = "anna"\n', "cameras.beam.allow: expected `array | null`, got `str`"),
    "group in a group": (CAMERA + '[groups]\na = ["group:b"]\n', "groups.a: 'group:b' is no user's name"),
    "group a text": (CAMERA + '[groups]\na = []\nb = "anna"\n', "groups.b: expected `array`, got `str`"),
    "member a number": (CAMERA + "[groups]\na = []\nb = [1]\n", "groups.b[0]: expected `str`, got `int`"),
    "no TOML": ("[cameras\n", "Expected ']' at the end of a table declaration (at line 1, column 9)"),
    "key twice": (CAMERA + 'source = "x"\n', "Cannot overwrite a value (at line 3, column 13)"),
}


@pytest.mark.parametrize(("text", "sentence"), FAULTS.values(), ids=FAULTS)
def test_fault_is_named_with_file_and_key(text: str, sentence: str, path: Path):
    """One line: the file, the key's whole path, what was found, what would do."""
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(path)
    assert str(caught.value) == f"{path}: {sentence}"


@pytest.mark.parametrize("name", ["", ".", "..", "-a", "_a", "a b", "a?", "ä", "a\n", "x" * 65])
def test_name_that_cannot_stand_in_an_url_is_refused(name: str, path: Path):
    """Names stand in URLs, logs and cookies, so what they may hold is little."""
    escaped = name.replace("\n", "\\n")
    path.write_text(f'[cameras."{escaped}"]\nsource = "x"\n')
    with pytest.raises(ConfigurationError, match="expected a name of letters"):
        load_settings(path)


def test_file_that_cannot_be_read_is_named(tmp_path: Path):
    """Missing, a folder, or no text: a sentence each, and no traceback."""
    with pytest.raises(ConfigurationError, match=r"missing\.toml: No such file or directory$"):
        load_settings(tmp_path / "missing.toml")
    with pytest.raises(ConfigurationError, match=r"Is a directory$"):
        load_settings(tmp_path)
    (tmp_path / "latin").write_bytes(b'x = "\xe4"')
    with pytest.raises(ConfigurationError, match="latin: 'utf-8' codec can't decode"):
        load_settings(tmp_path / "latin")
