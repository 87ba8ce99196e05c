"""
What the allocator does with memory that was freed.

Each message and each decoded image is some megabytes that are freed a moment later.  By default glibc gives those back
to the kernel and asks anew for the next, and the kernel has to clear every page again: measured, 236 page faults for
an unwatched message of 2.6 MB, which cost more than all else that is done with it.
"""

import ctypes

# mallopt(3); the numbers are from glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3

# Six messages of 11 MB gather while nobody watches, and some are being decoded when somebody does.
_KEPT_BYTES = 256 * 2**20
# The largest that glibc takes; what is larger comes straight from the kernel and goes straight back.
_LARGEST_BYTES = 32 * 2**20


def keep_freed_memory() -> None:
    """Let freed memory be used again; does nothing where the C library is not glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_BYTES)
