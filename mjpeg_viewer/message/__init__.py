"""
bsread bytes to Frames, without sockets.

A bsread message is one ZeroMQ multipart message per pulse: a main header, a data header that names the channels, then
for each channel a value blob and a timestamp (docs/glossary.md; the format is defined by PSI's bsread specification
and by the package psi-bsread).  Whoever sends it is not trusted: every size is checked against the header and the
limits before anything is decoded or allocated.
"""

from mjpeg_viewer.message.limits import Limits
from mjpeg_viewer.message.parser import Message, MessageParser

__all__ = ["Limits", "Message", "MessageParser"]
