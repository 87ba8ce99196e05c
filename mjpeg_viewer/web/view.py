"""
A page's address to what the page shows: the rendition of its picture, and how its own controls stand.

So a view can be kept and sent, and the same address does the same with scripts and without.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from multidict import MultiDict, MultiMapping

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.errors import RenditionError
from mjpeg_viewer.query import NAMES, check_roi, parse_rendition
from mjpeg_viewer.web.streams import OTHER_PARAMETERS

# What the page draws itself: profiles beside the picture, values that are pinned, marks on it.
_OWN = frozenset({"profiles", "pins", "marks"})


@dataclass(frozen=True, slots=True)
class View:
    """
    One view of a camera's page.

    Args:
        fields: The parameters as they stand in the address; an empty one is none.
        query: What of them is the picture's, for its address; empty if all is as usual or something is wrong.
        still: The same for a single picture, which has no rate.
        fault: What is wrong with them, in a sentence.
    """

    fields: Mapping[str, str]
    query: str
    still: str
    fault: str


def read_view(query: MultiMapping[str], camera: Camera) -> View:
    """Read a page's query, also as a plain form sends it: with empty fields, and one for each overlay."""
    fields = MultiDict((name, value) for name, value in query.items() if value)
    if overlays := fields.popall("overlay", []):
        fields["overlay"] = ",".join(overlays)
    fault = ""
    try:
        check_roi(parse_rendition(fields, also=OTHER_PARAMETERS | _OWN), camera.image_info)
    except RenditionError as error:
        fault = str(error)
    asked = {} if fault else {name: value for name, value in fields.items() if name in NAMES}
    still = {name: value for name, value in asked.items() if name != "fps"}
    return View(fields, urlencode(asked, safe=","), urlencode(still, safe=","), fault)
