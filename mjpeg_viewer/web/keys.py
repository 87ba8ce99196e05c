"""What the application and its requests carry, by typed keys."""

from collections.abc import Mapping

from aiohttp import web

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.troubles import Troubles
from mjpeg_viewer.web.logins import Identity, Logins
from mjpeg_viewer.web.oidc import Provider
from mjpeg_viewer.web.rights import Rights
from mjpeg_viewer.web.viewers import Viewers

CAMERAS = web.AppKey("cameras", Mapping[str, Camera])
"""All cameras by name, in the order of the configuration; whoever answers a request asks visible.get_cameras."""

RIGHTS = web.AppKey("rights", Rights)
"""Who may see which camera."""

VIEWERS = web.AppKey("viewers", Viewers)
PROVIDER = web.AppKey("provider", Provider)
"""Where people log in who have their account elsewhere; missing if there is no such place."""

LOGINS = web.AppKey("logins", Logins)
REFUSED = web.AppKey("refused", Troubles)
"""The requests and connections that were refused, by kind."""

STARTED = web.AppKey("started", float)
"""When the server was started, in seconds since the epoch."""

IDENTITY = web.RequestKey("identity", Identity)
"""Who asks; the guard sets it on every request that is not open to all."""
