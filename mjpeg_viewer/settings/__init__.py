"""
The configuration file: its tables as frozen values, and how they are read.

Read by the command line alone; everything else receives plain values.
"""

from mjpeg_viewer.settings.reading import load_settings
from mjpeg_viewer.settings.tables import (
    CalibrationSettings,
    CameraSettings,
    LimitSettings,
    OidcSettings,
    ServerSettings,
    Settings,
    ViewerSettings,
)

__all__ = [
    "CalibrationSettings",
    "CameraSettings",
    "LimitSettings",
    "OidcSettings",
    "ServerSettings",
    "Settings",
    "ViewerSettings",
    "load_settings",
]
