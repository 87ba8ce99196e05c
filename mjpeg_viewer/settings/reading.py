"""The configuration file to settings, or to a sentence that names file and key, what was found, and what would do."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.exposure import KEPT_BY_GROUP, find_exposure
from mjpeg_viewer.settings.tables import (
    GROUP,
    OIDC,
    CalibrationSettings,
    CameraSettings,
    LimitSettings,
    OidcSettings,
    ServerSettings,
    Settings,
    ViewerSettings,
)

# Names stand in URLs, logs and cookies.
_CAMERA_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

# Tables whose keys are names, and what stands under each.
_NAMED_TABLES: Mapping[str, object] = {"cameras": CameraSettings, "groups": tuple[str, ...]}

_TABLES: Mapping[str, type[msgspec.Struct]] = {
    "": Settings,
    "server": ServerSettings,
    "viewers": ViewerSettings,
    "limits": LimitSettings,
    "oidc": OidcSettings,
}


def load_settings(path: Path) -> Settings:
    """
    Read a configuration file.

    Raises:
        ConfigurationError: Names file and key, what was found, and what would do; also where others can write the file.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        exposure = find_exposure(path, KEPT_BY_GROUP)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
    if exposure is not None:  # who writes it says which users file counts
        raise ConfigurationError(f"{path}: {exposure}")
    try:
        settings = msgspec.convert(document, Settings)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{path}: {_rephrase(str(error), document)}") from None
    if not settings.cameras:
        raise ConfigurationError(f"{path}: cameras: there is none; add a table [cameras.NAME] with a source")
    for name in settings.cameras:
        if not _CAMERA_NAME.fullmatch(name):
            raise ConfigurationError(
                f"{path}: cameras.{name!r}: expected a name of letters, digits, '.', '_' and '-', 64 at most"
            )
    if fault := _find_bad_right(settings):
        raise ConfigurationError(f"{path}: {fault}")
    return settings


def _find_bad_right(settings: Settings) -> str | None:
    for group, members in settings.groups.items():
        if (bad := _find_odd_name(members, settings)) is not None:
            return f"groups.{group}: {bad!r} is no user's name"
    for name, camera in settings.cameras.items():
        entries = camera.allow or ()
        groups = [entry.removeprefix(GROUP) for entry in entries if entry.startswith(GROUP)]
        # With a provider it may be one of its groups.
        if unknown := [group for group in groups if group not in settings.groups and (not group or not settings.oidc)]:
            known = ", ".join(settings.groups) or "none"
            return f"cameras.{name}.allow: there is no group {unknown[0]!r}; known are {known}"
        if (bad := _find_odd_name((e for e in entries if not e.startswith(GROUP)), settings)) is not None:
            return f"cameras.{name}.allow: {bad!r} is no user's name; expected e.g. 'anna' or 'group:optics'"
    return None


def _find_odd_name(names: Iterable[str], settings: Settings) -> str | None:
    prefix = "" if settings.oidc is None else f"(?:{OIDC})?"
    return next((name for name in names if not re.fullmatch(rf"{prefix}[^\s:/\\]{{1,64}}", name)), None)


def _rephrase(text: str, document: Mapping[str, object]) -> str:
    """Put the key first, where msgspec puts its path last."""
    message, _, where = text.partition(" - at `$")
    where = where.rstrip("`").lstrip(".")
    for table, kind in _NAMED_TABLES.items():
        if where.startswith(f"{table}[...]"):  # msgspec does not say which; find out
            where = where.replace("[...]", f".{_find_bad_entry(document.get(table), kind)}", 1)
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", message):
        in_camera: type[msgspec.Struct] = CalibrationSettings if where.endswith(".calibration") else CameraSettings
        known = ", ".join(_TABLES.get(where, in_camera).__struct_fields__)
        return f"{where + '.' if where else ''}{found[1]}: unknown key; known are {known}"
    if found := re.fullmatch(r"Object missing required field `(.*)`", message):
        return f"{where + '.' if where else ''}{found[1]}: missing"
    return f"{where}: {message[0].lower()}{message[1:]}"


def _find_bad_entry(table: object, kind: object) -> str:
    for name, entry in table.items() if isinstance(table, dict) else ():
        try:
            msgspec.convert(entry, kind)
        except msgspec.ValidationError:
            return str(name)
    return "*"
