"""
What mjpeg-viewer costs, as ratios against a floor or a peer in one interleaved run; never run as a test.

The package is imported here before all else, as it sets what bitshuffle reads when it is loaded.
"""

from mjpeg_viewer import __version__

__all__ = ["__version__"]
