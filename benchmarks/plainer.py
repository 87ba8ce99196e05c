"""
mjpeg-viewer serve without what keeps a slow viewer fresh, to measure what that is worth.

    python -m benchmarks.plainer plain ARGUMENTS     the newest wins, but the network may hold what it likes
    python -m benchmarks.plainer naive ARGUMENTS     a task per viewer that awaits each write, as aiohttp's users do
"""

import sys

from aiohttp import web

from mjpeg_viewer import cli
from mjpeg_viewer.mailbox import Mailbox
from mjpeg_viewer.multipart import CONTENT_TYPE, Framing, Part, opening
from mjpeg_viewer.query import parse_rendition
from mjpeg_viewer.web import streams
from mjpeg_viewer.web import viewer as viewer_module
from mjpeg_viewer.wire import Form


async def naive_stream(request: web.Request) -> web.StreamResponse:
    """Take the newest part whenever the last write returned; what queues below the write is not thought of."""
    camera = streams.get_camera(request)
    rendition = parse_rendition(request.query, also={"parts"})
    response = web.StreamResponse(headers={"Content-Type": CONTENT_TYPE})
    await response.prepare(request)
    await response.write(opening(Framing.LENGTH))
    parts: Mailbox[Part] = Mailbox()
    with camera.watch(rendition, streams.make_pictures(camera, rendition), parts):
        while True:
            await response.write((await parts.take()).get(Form(Framing.LENGTH, chunked=False)))


def main() -> int:
    """Take something away from the program, and run it."""
    match sys.argv[1]:
        case "plain":
            setattr(viewer_module, "make_pacer", lambda sock: None)  # noqa: B010
        case "naive":
            streams.stream = naive_stream
        case kind:
            sys.exit(f"{kind!r}: expected plain or naive")
    return cli.main(["serve", *sys.argv[2:]])


if __name__ == "__main__":
    sys.exit(main())
