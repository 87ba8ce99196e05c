"""
A frame counter inside the picture: painted before it is sent, read back from what a viewer sees.

Whether a viewer got image N, and when, can only be told from the picture itself; a header may lie.  The counter
stands in the top left corner as 8 x 4 square cells, white for 1, each a 40th of the picture's width, so that
scaling moves nothing: 24 bits of number, then a CRC-8 of them, row by row from the highest bit.  It takes 2.7 % of
a 4:3 picture.  Black and white are the image's own lowest and highest value, so levels of any kind show them as
black and white.  They are more than percentiles leave out, so with a counter the brightest pixel sets the white level.

Knows nothing of beams, messages or JPEG.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mjpeg_viewer.errors import ViewerError

COLUMNS = 8
ROWS = 4
CELLS_ACROSS_PICTURE = 40
NUMBERS = 1 << 24  # a number is painted modulo this: 46 hours at 100 Hz

# JPEG at quality 50 smears an edge over its block of 8 pixels.  A cell below 4 pixels is unreadable after any
# scaling down.
MIN_CELL = 4

# In the 8-bit picture: black and white must be this far apart, and each cell within this share of that of one of
# the two.  A picture without a counter (noise, a slope, the beam itself) fails here before its checksum could fit
# by luck.
MIN_CONTRAST = 64
MAX_DEVIATION = 0.25


class CounterError(ViewerError):
    """The counter does not fit the picture."""


def check_counter_fits(width: int, height: int) -> None:
    """
    Raise where a picture is too small for a counter.

    Raises:
        CounterError: Narrower than 160 pixels, or lower than a tenth of its width.
    """
    if width < CELLS_ACROSS_PICTURE * MIN_CELL or height * CELLS_ACROSS_PICTURE < width * ROWS:
        raise CounterError(
            f"a counter does not fit a picture of {width}x{height} pixels; expected a width of at least "
            f"{CELLS_ACROSS_PICTURE * MIN_CELL} and a height of at least a tenth of it"
        )


def paint_counter(image: npt.NDArray[Any], number: int) -> None:
    """
    Paint a number into the image's top left corner, in place.

    Args:
        image: Pixels of shape [height, width], any integer or float type.
        number: Not negative; its lowest 24 bits are painted.

    Raises:
        CounterError: The image is too small.
    """
    height, width = image.shape
    check_counter_fits(width, height)
    black, white = _extremes(image)
    edges = [round(index * width / CELLS_ACROSS_PICTURE) for index in range(COLUMNS + 1)]
    for index, bit in enumerate(_bits(number % NUMBERS)):
        row, column = divmod(index, COLUMNS)
        image[edges[row] : edges[row + 1], edges[column] : edges[column + 1]] = white if bit else black


def read_counter(picture: npt.NDArray[np.uint8]) -> int | None:
    """
    Read the number back from a decoded picture.

    Survives levels, JPEG from quality 50 and scaling by 0.5 to 2; not rotation, cropping, or a colormap whose ends
    are equally bright.

    Args:
        picture: 8-bit pixels of shape [height, width] or [height, width, 3], the order of colours no matter.

    Returns:
        The number, or None where there is no counter, or a damaged one.
    """
    grey = picture.mean(axis=2) if picture.ndim == 3 else picture
    height, width = grey.shape
    cell = width / CELLS_ACROSS_PICTURE
    if cell < 2 or height < ROWS * cell:
        return None
    means = np.array([_centre_mean(grey, index, cell) for index in range(ROWS * COLUMNS)])
    black, white = means.min(), means.max()
    if white - black < MIN_CONTRAST:
        return None
    shares = (means - black) / (white - black)
    bits = (shares > 0.5).tolist()
    if np.abs(shares - bits).max() > MAX_DEVIATION:
        return None
    number = int("".join("01"[bit] for bit in bits[:24]), 2)
    return number if _bits(number) == [int(bit) for bit in bits] else None


def _bits(number: int) -> list[int]:
    """The number's 24 bits and the checksum's 8, whose start value keeps the 32 from ever being all equal."""
    coded = (number << 8) | _crc8(number.to_bytes(3, "big"))
    return [(coded >> shift) & 1 for shift in range(31, -1, -1)]


def _crc8(data: bytes) -> int:
    """CRC-8/ROHC (RFC 5795, section 5.3.1.1): polynomial x^8 + x^2 + x + 1 bit-reversed, start value 0xFF."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xE0 if crc & 1 else crc >> 1
    return crc


def _centre_mean(grey: npt.NDArray[Any], index: int, cell: float) -> float:
    """The mean over a cell's inner half: what JPEG and scaling mix in from its neighbours stays outside."""
    row, column = divmod(index, COLUMNS)
    rows, columns = (
        slice(first := round((place + 0.25) * cell), max(round((place + 0.75) * cell), first + 1))
        for place in (row, column)
    )
    return float(grey[rows, columns].mean())


def _extremes(image: npt.NDArray[Any]) -> tuple[Any, Any]:
    """The lowest and the highest value that can be shown; one apart where the image is flat."""
    if image.dtype.kind == "f":
        finite = image if np.isfinite(image).all() else image[np.isfinite(image)]
        black, white = (finite.min(), finite.max()) if finite.size else (image.dtype.type(0), image.dtype.type(1))
    else:
        black, white = image.min(), image.max()
    if black < white:
        return black, white
    one = image.dtype.type(1)
    return (
        (black, white + one) if image.dtype.kind == "f" or white < np.iinfo(image.dtype).max else (black - one, white)
    )
