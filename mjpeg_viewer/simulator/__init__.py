"""
A camera that sends bsread: a program beside the viewer, for demos, tests and benchmarks.

Nothing here is a stand-in: the messages leave through psi-bsread's own Sender over real ZeroMQ, so whatever reads
them has read bsread.  The viewer never imports this package, and this package imports nothing of the viewer but
its errors.
"""

from mjpeg_viewer.simulator.beam import DTYPES, Beam, BeamError
from mjpeg_viewer.simulator.counter import CounterError, paint_counter, read_counter
from mjpeg_viewer.simulator.sender import Simulator
from mjpeg_viewer.simulator.wire import COMPRESSIONS, MODES, BindError, SimulatorError

__all__ = [
    "COMPRESSIONS",
    "DTYPES",
    "MODES",
    "Beam",
    "BeamError",
    "BindError",
    "CounterError",
    "Simulator",
    "SimulatorError",
    "paint_counter",
    "read_counter",
]
