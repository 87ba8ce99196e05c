"""
Camera images to JPEG: levels, 8 bit, geometry, colours, encoding; to files that hold their very values; backgrounds;
what is shown where no image is; and what an image measures.

Pure functions of arrays.  OpenCV is handed only checked, contiguous, native arrays: it reads big-endian ones as
little-endian, clamps 16-bit ones, and dies on empty ones, all without a word.
"""

import cv2

from mjpeg_viewer.imaging.analysis import MEASURES, Analysis, analyse
from mjpeg_viewer.imaging.background import Averaging, Background
from mjpeg_viewer.imaging.card import card, dim
from mjpeg_viewer.imaging.colormap import encode_bar
from mjpeg_viewer.imaging.edges import check_shown
from mjpeg_viewer.imaging.exact import encode_npy, encode_png
from mjpeg_viewer.imaging.geometry import crop, find_size
from mjpeg_viewer.imaging.levels import Leveller, Levels, make_leveller
from mjpeg_viewer.imaging.overlay import PIXELS, Facts, PixelSize
from mjpeg_viewer.imaging.render import render

__all__ = [
    "MEASURES",
    "PIXELS",
    "Analysis",
    "Averaging",
    "Background",
    "Facts",
    "Leveller",
    "Levels",
    "PixelSize",
    "analyse",
    "card",
    "check_shown",
    "crop",
    "dim",
    "encode_bar",
    "encode_npy",
    "encode_png",
    "find_size",
    "make_leveller",
    "render",
]

# One thread per encoder is the parallelism here; OpenCV's own pool would only fight with it.
cv2.setNumThreads(1)
