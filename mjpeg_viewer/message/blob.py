"""
One blob of a message to its plain bytes: none, lz4 or bitshuffle_lz4.

bitshuffle's decoder trusts the block lengths that stand in the data, and a wrong one kills the process, so the whole
chain of lengths is walked before the decoder sees the blob.  LZ4's own decoder is bounds-safe.
"""

import struct
from collections.abc import Callable

import bitshuffle
import lz4.block
import numpy as np
from numpy.typing import NDArray

from mjpeg_viewer.errors import MessageError

# bitshuffle works on eight elements at a time; what is left over stands raw at the blob's end
# (bitshuffle's src/bitshuffle_core.h, BSHUF_BLOCKED_MULT).
_BLOCK_MULTIPLE = 8
# The chain is walked link by link, at a tenth of a microsecond each.  Senders' blocks have 8 kB, so the largest value
# has 2**15 of them; blocks of eight bytes would keep a processor busy for seconds.
_MOST_BLOCKS = 2**20

_BITSHUFFLE_HEAD = struct.Struct(">qi")
_BLOCK_LENGTH = struct.Struct(">I")

Bytes = NDArray[np.uint8]


def decompress(blob: memoryview, compression: str, itemsize: int, expected: int | None, limit: int) -> Bytes:
    """
    Undo a blob's compression.

    Args:
        blob: The bytes as received.
        compression: ``none``, ``lz4`` or ``bitshuffle_lz4``.
        itemsize: Bytes per element.
        expected: The decoded size in bytes that shape and type demand, or None where only the blob knows (strings,
            data headers).
        limit: The largest decoded size allowed, in bytes.

    Returns:
        The decoded bytes; for ``none`` a view of the blob, without a copy.

    Raises:
        MessageError: The blob is over the limit, of another size than expected, or not what it says it is.
    """
    size, decode = _DECODERS[compression](blob, itemsize, expected)
    if size > limit:
        raise MessageError("size", f"the blob announces {size} bytes, allowed are {limit}")
    if expected is not None and size != expected:
        raise MessageError("size", f"type and shape demand {expected} bytes, the blob has {size}")
    return decode()


def _plain(blob: memoryview, itemsize: int, expected: int | None) -> tuple[int, Callable[[], Bytes]]:
    return blob.nbytes, lambda: np.frombuffer(blob, np.uint8)


def _lz4(blob: memoryview, itemsize: int, expected: int | None) -> tuple[int, Callable[[], Bytes]]:
    if blob.nbytes < 4:
        raise MessageError("lz4", f"{blob.nbytes} bytes are too few to hold the size")
    # Senders write the size in little endian, but psi-bsread reads it big where the channel is big-endian, so both
    # are out there.  Where the size is known, the order that gives it is the right one.
    size = int.from_bytes(blob[:4], "little")
    if expected is not None and size != expected:
        size = int.from_bytes(blob[:4], "big")

    def decode() -> Bytes:
        try:
            plain = lz4.block.decompress(blob[4:], uncompressed_size=size)
        except lz4.block.LZ4BlockError:
            raise MessageError("lz4", "the block is damaged") from None
        if len(plain) != size:
            raise MessageError("lz4", f"{size} bytes announced, {len(plain)} decoded")
        return np.frombuffer(plain, np.uint8)

    return size, decode


def _bitshuffle(blob: memoryview, itemsize: int, expected: int | None) -> tuple[int, Callable[[], Bytes]]:
    if blob.nbytes < _BITSHUFFLE_HEAD.size:
        raise MessageError("bitshuffle", f"{blob.nbytes} bytes are too few to hold the sizes")
    size, block_bytes = _BITSHUFFLE_HEAD.unpack_from(blob)
    if size < 0 or size % itemsize:
        raise MessageError("bitshuffle", f"a size of {size} bytes does not fit elements of {itemsize}")

    def decode() -> Bytes:
        if size == 0:
            return np.empty(0, np.uint8)
        _check_blocks(blob, size, block_bytes, itemsize)
        body = np.frombuffer(blob, np.uint8, offset=_BITSHUFFLE_HEAD.size)
        element = np.dtype(f"V{itemsize}")
        try:
            plain = bitshuffle.decompress_lz4(body, (size // itemsize,), element, block_bytes // itemsize)
        except RuntimeError:
            raise MessageError("bitshuffle", "a block is damaged") from None
        decoded: Bytes = plain.view(np.uint8)
        return decoded

    return size, decode


def _check_blocks(blob: memoryview, size: int, block_bytes: int, itemsize: int) -> None:
    """Walk the chain of block lengths; it must end exactly at the blob's end."""
    if block_bytes <= 0 or block_bytes % (_BLOCK_MULTIPLE * itemsize):
        raise MessageError(
            "bitshuffle", f"block size {block_bytes} is no multiple of {_BLOCK_MULTIPLE} x {itemsize} bytes"
        )
    whole_blocks, rest = divmod(size, block_bytes)
    raw_bytes = rest % (_BLOCK_MULTIPLE * itemsize)
    blocks = whole_blocks + (rest > raw_bytes)
    if blocks > _MOST_BLOCKS:
        raise MessageError("bitshuffle", f"{blocks} blocks of {block_bytes} bytes, allowed are {_MOST_BLOCKS}")
    position, read_length = _BITSHUFFLE_HEAD.size, _BLOCK_LENGTH.unpack_from
    try:
        for _ in range(blocks):  # 1350 of them in an image of 11 MB, so the loop holds nothing else
            position += 4 + read_length(blob, position)[0]
    except struct.error:
        raise MessageError("bitshuffle", "the chain of blocks runs past the blob's end") from None
    if position + raw_bytes != blob.nbytes:
        raise MessageError("bitshuffle", f"the blocks end at byte {position + raw_bytes} of {blob.nbytes}")


_DECODERS = {"none": _plain, "lz4": _lz4, "bitshuffle_lz4": _bitshuffle}

COMPRESSIONS = frozenset(_DECODERS)
"""The compressions a channel may name; a missing or null one means ``none``."""
