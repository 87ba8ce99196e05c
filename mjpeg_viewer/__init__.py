"""Live bsread cameras in any browser: MJPEG pictures and their metadata, newest frame first."""

import os

__version__ = "0.1.0"

# bitshuffle is built with OpenMP, whose idle threads spin on every core: 11.5 ms of CPU for what takes 1.3 ms with
# one thread.  OpenMP reads this once, when it is loaded, so it stands before every other import.
os.environ.setdefault("OMP_NUM_THREADS", "1")
