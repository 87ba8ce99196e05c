"""Grey to colours: OpenCV's own tables, which are matplotlib's and Google's, and MATLAB's for the old ones."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mjpeg_viewer.imaging.grey import Grey
from mjpeg_viewer.rendition import Colormap

_BAND_PIXELS = 32_768

_OPENCV = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "cividis": cv2.COLORMAP_CIVIDIS,
    "inferno": cv2.COLORMAP_INFERNO,
    "plasma": cv2.COLORMAP_PLASMA,
    "magma": cv2.COLORMAP_MAGMA,
    "turbo": cv2.COLORMAP_TURBO,
    "hot": cv2.COLORMAP_HOT,
    "jet": cv2.COLORMAP_JET,
    "rainbow": cv2.COLORMAP_RAINBOW,
}


def apply_colormap(picture: Grey, name: Colormap) -> Grey:
    """
    Colour a picture.

    Args:
        picture: Pixels of shape [height, width].
        name: Of the map.

    Returns:
        For ``grey`` the picture itself, for ``grey-inverted`` one of the same shape, else pixels of shape
        [height, width, 3] in OpenCV's order blue, green, red.
    """
    if name == "grey":
        return picture
    if name == "grey-inverted":
        return np.asarray(cv2.bitwise_not(picture), np.uint8)
    # One look-up of four bytes takes 0.4 ms per megapixel, with what takes the fourth away again; applyColorMap, which
    # looks up each colour by itself, 0.7 ms.  In bands, because the four bytes of all pixels would leave the cache.
    height, width = picture.shape
    coloured = np.empty((height, width, 3), np.uint8)
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        band = np.asarray(cv2.LUT(picture[top : top + rows], _packed(name))).view(np.uint8)
        cv2.cvtColor(band.reshape(-1, width, 4), cv2.COLOR_BGRA2BGR, coloured[top : top + rows])
    return coloured


@lru_cache
def get_table(name: Colormap) -> Grey:
    """Return a map's colours, of shape [256, 3] in the order red, green, blue."""
    ramp = np.arange(256, dtype=np.uint8)[:, np.newaxis]
    if name in _OPENCV:
        table = np.asarray(cv2.applyColorMap(ramp, _OPENCV[name])[:, 0, ::-1], np.uint8)
        # OpenCV's rainbow begins with red; everywhere else, and in jet and turbo beside it, red is much.
        return table[::-1] if name == "rainbow" else table
    return np.repeat(apply_colormap(ramp, name), 3, axis=1)


@lru_cache
def encode_bar(name: Colormap) -> bytes:
    """Return a PNG of 256 x 1 pixels: a map's colours from little to much."""
    _, png = cv2.imencode(".png", get_table(name)[np.newaxis, :, ::-1])
    return png.tobytes()


@lru_cache
def _packed(name: Colormap) -> NDArray[np.int32]:
    table = np.full((256, 4), 255, np.uint8)
    table[:, :3] = get_table(name)[:, ::-1]
    return table.view(np.int32)
