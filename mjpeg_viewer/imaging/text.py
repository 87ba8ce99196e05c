"""
Words in pictures: laid out to fit, and written.

OpenCV's own sans serif is drawn (Rubik, and WenQuanYi Micro Hei for what that lacks), so nothing has to be installed.
What it is handed is cleaned first: it ends the process over a lone surrogate, which any sender's JSON may hold.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2

from mjpeg_viewer.imaging.grey import Grey

SMALLEST = 9
"""The least size of text that can be read, in pixels: below it nothing is written."""

_REGULAR, _BOLD = 400, 600

_PITCH, _BASELINE = 1.3, 1.0
"""From one row's top to the next, and to its own baseline, in sizes: with room for Å above and g below."""

# What a font of OpenCV draws from left to right: Latin, Greek, Cyrillic, Armenian, marks and arrows, Chinese, Japanese
# and Korean.  Not among them: control characters, surrogates, and whatever changes the direction.
_UNDRAWABLE = re.compile(
    "[^ -~\u00a1-\u00ac\u00ae-\u058f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u27bf\u3000-\u9fff\uac00-\ud7a3]"
)

_local = threading.local()


@dataclass(frozen=True, slots=True)
class _Row:
    text: str
    size: int
    weight: int
    shade: int


@dataclass(frozen=True, slots=True)
class Block:
    """
    Rows of text that are as wide and high as they say, in pixels; empty if there was no room for any.

    Args:
        rows: What is written, row by row.
        width: Of the longest row.
        height: Of all.
    """

    rows: tuple[_Row, ...] = ()
    width: int = 0
    height: int = 0

    def write(self, picture: Grey, left: int, top: int, *, centred: bool = False) -> None:
        """Write it into a picture, in white, with its top left corner there; each row in the middle if centred."""
        for row in self.rows:
            indent = (self.width - _measure(row.text, row.size, row.weight)) // 2 if centred else 0
            origin = left + indent, top + round(_BASELINE * row.size)
            cv2.putText(picture, row.text, origin, (row.shade,) * 3, _font(), row.size, row.weight)
            top += _height(row)


def natural_size(height: int, width: int) -> int:
    """Return the size of text, in pixels, that is well read in a picture of so many, on whatever screen it fills."""
    return max(SMALLEST + 2, min(height, width) // 28)


def lay_out(lines: Sequence[str], width: int, height: int, size: int, *, title: bool = False) -> Block:
    """
    Find the largest text, up to a size, that fits.

    Lines that are too long go on in the next row.  Where that does not fit at any size, they follow each other in
    the same row; where that does not either, the end is left out, and an ellipsis says so.

    Args:
        lines: What to write, of any characters; those that cannot be drawn become question marks.
        width: How much room there is, in pixels.
        height: Likewise.
        size: The largest that the text may be, in pixels; SMALLEST is the least it becomes.
        title: Whether the first line stands out.
    """
    paragraphs = [cleaned for line in lines if (cleaned := _clean(line))]
    running = [" \u2013 ".join(paragraphs)] if paragraphs else []
    for arranged, stands_out in ((paragraphs, title), (running, False)):
        for tried in _sizes(size):
            rows = list(_set(arranged, width, tried, stands_out))
            if rows and _fits(rows, width, height):
                return _block(rows)
    rows = list(_set(running, width, SMALLEST, False))
    rows = rows[: int(height / (_PITCH * SMALLEST))]
    if not rows:
        return Block()
    text = rows[-1].text
    while text and _measure(text + "\u2026", SMALLEST, _REGULAR) > width:
        text = text[:-1]
    # A letter or two would tell nobody anything.
    return _block([*rows[:-1], _Row(text + "\u2026", SMALLEST, _REGULAR, 255)]) if len(text) > 2 else Block()


def _sizes(size: int) -> Iterator[int]:
    while size > SMALLEST:
        yield size
        size = min(size - 1, round(size * 0.9))
    yield SMALLEST


def _set(paragraphs: Sequence[str], width: int, size: int, title: bool) -> Iterator[_Row]:
    """Wrap paragraphs into rows."""
    for number, paragraph in enumerate(paragraphs):
        style = (round(1.4 * size), _BOLD, 255) if title and number == 0 else (size, _REGULAR, 215 if title else 255)
        row = ""
        for word in paragraph.split():
            longer = f"{row} {word}" if row else word
            if row and _measure(longer, *style[:2]) > width:
                yield _Row(row, *style)
                longer = word
            while len(longer) > 1 and _measure(longer, *style[:2]) > width:
                # A word of more than a row, such as an address: what fits of it, and the rest in the next.
                end = next(
                    n for n in range(len(longer) - 1, 0, -1) if n == 1 or _measure(longer[:n], *style[:2]) <= width
                )
                yield _Row(longer[:end], *style)
                longer = longer[end:]
            row = longer
        if row:
            yield _Row(row, *style)


def _fits(rows: Sequence[_Row], width: int, height: int) -> bool:
    block = _block(rows)
    return block.width <= width and block.height <= height


def _block(rows: Sequence[_Row]) -> Block:
    width = max(_measure(row.text, row.size, row.weight) for row in rows)
    return Block(tuple(rows), width, sum(map(_height, rows)))


def _height(row: _Row) -> int:
    return round(_PITCH * row.size)


def _clean(text: str) -> str:
    return _UNDRAWABLE.sub("?", " ".join(unicodedata.normalize("NFC", text).split()))


@lru_cache(maxsize=4096)
def _measure(text: str, size: int, weight: int) -> int:
    _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), _font(), size, weight)
    return width


def _font() -> cv2.FontFace:
    # One per thread: what two threads draw with the same one at once comes out in the other's weight, or garbled.
    if not hasattr(_local, "font"):
        _local.font = cv2.FontFace("sans")
    font: cv2.FontFace = _local.font
    return font
