"""The pages' own files: styles, scripts and icons, open to all; in memory, and compressed for whoever takes that."""

import gzip
from dataclasses import dataclass
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path

from aiohttp import hdrs, web

# The types are ours to say: what the system's list calls a script (/etc/mime.types) differs from host to host, and
# browsers run no module of another type.  Whatever else lies in the folder, as what makes it a Python package, is
# nobody's to read.
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class _Asset:
    type: str
    body: bytes
    # Nothing else that this server sends is compressed: a page that holds a secret beside what an asker sent would
    # tell it by its length (BREACH).  Here is no secret.
    packed: bytes
    tag: str


def _read(path: Path) -> _Asset:
    body = path.read_bytes()
    return _Asset(_TYPES[path.suffix], body, gzip.compress(body, mtime=0), blake2b(body, digest_size=8).hexdigest())


_FILES = {
    path.name: _read(path) for path in Path(str(files("mjpeg_viewer") / "static")).iterdir() if path.suffix in _TYPES
}


async def asset(request: web.Request) -> web.Response:
    """Send one of the files, if the asker has not got it; a name is looked up and never becomes a path."""
    found = _FILES.get(request.match_info["file"])
    if found is None:
        raise web.HTTPNotFound
    packed = "gzip" in _codings(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
    response = web.Response(headers={hdrs.CONTENT_TYPE: found.type, hdrs.VARY: hdrs.ACCEPT_ENCODING})
    # Each form has a tag of its own (RFC 9110, 8.8.3.3).
    response.etag = tag = f"{found.tag}-gzip" if packed else found.tag
    if any(known.value in (tag, "*") for known in request.if_none_match or ()):
        response.set_status(web.HTTPNotModified.status_code)
        return response
    if packed:
        response.headers[hdrs.CONTENT_ENCODING] = "gzip"
    response.body = found.packed if packed else found.body
    return response


def _codings(accepted: str) -> set[str]:
    """Return what an Accept-Encoding header takes; a quality of 0 is a no."""
    terms = (term.replace(" ", "").lower().partition(";q=") for term in accepted.split(","))
    return {name for name, _, quality in terms if quality.strip("0.") or not quality}
