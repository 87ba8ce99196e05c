"""
Camera images to JPEG: levels, 8 bit, geometry, encoding.

Pure functions of arrays.  OpenCV is handed only checked, contiguous, native arrays: it reads big-endian ones as
little-endian, clamps 16-bit ones, and dies on empty ones, all without a word.
"""

import cv2

from mjpeg_viewer.imaging.levels import AutoLevels, Levels
from mjpeg_viewer.imaging.render import render

__all__ = ["AutoLevels", "Levels", "render"]

# One thread per encoder is the parallelism here; OpenCV's own pool would only fight with it.
cv2.setNumThreads(1)
