"""What paces the servers that are compared: a timer of the kernel."""

import ctypes
import os
import time


def open_timer(period: float) -> int:
    """
    Return a descriptor that is readable whenever so many seconds have passed, and then tells how often they have.

    It is what wakes the floor, too; uvloop's own timers have whole milliseconds (timerfd_create(2); Python has it from
    3.13 on).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = int(libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK))
    seconds, nanoseconds = divmod(round(period * 1e9), 1_000_000_000)
    pace = (ctypes.c_long * 4)(seconds, nanoseconds, seconds, nanoseconds)  # its interval, and its first time
    if descriptor < 0 or libc.timerfd_settime(descriptor, 0, pace, None) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return descriptor
