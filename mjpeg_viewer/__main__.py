"""Run the command line as ``python -m mjpeg_viewer``."""

import sys

from mjpeg_viewer.cli import main

sys.exit(main())
