"""
The fuzzing engine around one target: atheris with libFuzzer, seeds and what it is to watch for.

A program of its own per target, because much of what is looked for does not raise but kills.
"""

import ctypes
import mmap
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import atheris  # bitshuffle reads the line above when it is loaded

# One input at a time may take so long and so much: a thousand times what the largest good one takes here.
TIMEOUT = 10
RSS_MB = 2048


def fuzz(
    name: str,
    target: Callable[[bytes], None],
    seeds: Iterable[bytes],
    largest: int,
    mutate: Callable[[bytes, int, int], bytes] | None = None,
) -> None:
    """
    Run until libFuzzer ends it: after -max_total_time, -runs or the first finding.

    What it learns lies in $TMPDIR/mjpeg-viewer-fuzz/NAME, and is where the next run begins.

    Args:
        name: The target's.
        target: Takes one input.  Whatever it raises is a finding.
        seeds: Inputs to begin with.
        largest: Size of an input, in bytes; larger seeds are left out.
        mutate: Changes an input; gets it, the largest size allowed and a seed.  None for libFuzzer's own ways.
    """
    scratch = Path(tempfile.gettempdir()) / "mjpeg-viewer-fuzz" / name
    learnt, given, findings = (scratch / part for part in ("learnt", "seeds", "findings"))
    for path in (learnt, given, findings):
        path.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seed for seed in seeds if len(seed) <= largest):
        (given / f"{number:04}").write_bytes(seed)
    options = [
        f"-artifact_prefix={findings}/",
        f"-timeout={TIMEOUT}",
        f"-rss_limit_mb={RSS_MB}",
        "-print_final_stats=1",
        f"-max_len={largest}",
        # The decoders are native and show no coverage: seeds are kept as they are, for what differs in there.
        "-keep_seed=1",
        "-reduce_inputs=0",
        "-len_control=0",  # an input's length says nothing of how deep it reaches
    ]
    # A file that is named is run alone; else the folders are named.
    asked = sys.argv[1:]
    folders = [] if any(Path(word).is_file() for word in asked) else [str(learnt), str(given)]
    arguments = [sys.argv[0], *options, *asked, *folders]
    if mutate is None:
        atheris.Setup(arguments, target)
    else:
        atheris.Setup(arguments, target, custom_mutator=mutate)
    atheris.Fuzz()


class Fence:
    """
    Memory whose end is the end of what may be read.

    Behind it lies a page that nobody may touch, so a decoder that reads one byte too far dies at once, where it would
    otherwise read on unnoticed.

    Args:
        size: Room, in bytes; a multiple of the page size.
    """

    def __init__(self, size: int) -> None:
        self._memory = mmap.mmap(-1, size + mmap.PAGESIZE)
        self._size = size
        view = ctypes.c_char.from_buffer(self._memory)
        libc = ctypes.CDLL(None, use_errno=True)
        address = ctypes.c_void_p(ctypes.addressof(view) + size)
        no_access = 0
        if libc.mprotect(address, ctypes.c_size_t(mmap.PAGESIZE), no_access):
            raise OSError(ctypes.get_errno(), "mprotect")

    def put(self, blob: bytes) -> memoryview:
        """Lay bytes against the fence; valid until the next ones."""
        begin = self._size - len(blob)
        self._memory[begin : self._size] = blob
        return memoryview(self._memory)[begin : self._size]
