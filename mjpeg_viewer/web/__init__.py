"""
The doors: HTTP in, pictures and events out.

The modules here translate between HTTP and the cameras, and decide who may come in; what is sent is made below.
"""

from mjpeg_viewer.web.app import create_app
from mjpeg_viewer.web.logins import Logins

__all__ = ["Logins", "create_app"]
