"""The pages' own files: styles, scripts and icons, open to all."""

from importlib.resources import files
from pathlib import Path

from aiohttp import hdrs, web

# The types are ours to say: what the system's list calls a script (/etc/mime.types) differs from host to host, and
# browsers run no module of another type.  Whatever else lies in the folder, as what makes it a Python package, is
# nobody's to read.
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

_FILES = {path.name: path for path in Path(str(files("mjpeg_viewer") / "static")).iterdir() if path.suffix in _TYPES}


async def asset(request: web.Request) -> web.FileResponse:
    """Send one of the files; a name is looked up and never becomes a path."""
    path = _FILES.get(request.match_info["file"])
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={hdrs.CONTENT_TYPE: _TYPES[path.suffix]})
