"""
Words in pictures: laid out to fit, and written.

OpenCV's own sans serif is drawn (Rubik, and WenQuanYi Micro Hei for what that lacks), so nothing has to be installed.
What it is handed is cleaned first: it ends the process over a lone surrogate, which any sender's JSON may hold.
"""

import re
import threading
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import islice

import cv2

from mjpeg_viewer.imaging.grey import Grey

SMALLEST = 9
"""The least size of text that can be read, in pixels: below it nothing is written."""

_NARROWEST = 5 * SMALLEST
"""Of less room than this, in pixels, a word would take as many rows as it has letters."""

_REGULAR, _BOLD = 400, 600

_PITCH, _BASELINE = 1.3, 1.0
"""From one row's top to the next, and to its own baseline, in sizes: with room for Å above and g below."""

# Nobody reads more, and a sender may have written it.
_LONGEST = 500

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
    space: int = 0


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
            origin = left + indent, top + row.space + round(_BASELINE * row.size)
            cv2.putText(picture, row.text, origin, (row.shade,) * 3, _font(), row.size, row.weight)
            top += _height(row)


def choose_size(height: int, width: int, rows: int) -> int:
    """Return the size of text, in pixels, of which so many rows fill a picture; never one too small to read."""
    return max(SMALLEST + 2, min(height, width) // rows)


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
    if width < _NARROWEST or height < SMALLEST:
        return Block()
    paragraphs = [cleaned for line in lines if (cleaned := _clean(line))]
    running = [" \u2013 ".join(paragraphs)] if paragraphs else []
    for arranged, stands_out in ((paragraphs, title), (running, False)):
        for tried in _sizes(size):
            # One row more than there is room for is enough to know.
            rows = list(islice(_set(arranged, width, tried, stands_out), height // tried + 1))
            if rows and _fits(rows, width, height):
                return _block(rows)
    rows = list(islice(_set(running, width, SMALLEST, False), height // round(_PITCH * SMALLEST)))
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
    """Wrap paragraphs into rows, with some space between."""
    for number, paragraph in enumerate(paragraphs):
        first = _Row("", size, _REGULAR, 215 if title else 255, size // 3 if number else 0)
        if title and not number:
            first = _Row("", round(1.4 * size), _BOLD, 255)
        for count, text in enumerate(_wrap(paragraph, width, first.size, first.weight)):
            yield replace(first, text=text, space=0 if count else first.space)


def _wrap(paragraph: str, width: int, size: int, weight: int) -> Iterator[str]:
    row = ""
    for word in paragraph.split():
        longer = f"{row} {word}" if row else word
        if row and _measure(longer, size, weight) > width:
            yield row
            longer = word
        while len(longer) > 1 and _measure(longer, size, weight) > width:
            # A word of more than a row, such as an address: what fits of it, and the rest in the next.
            end = bisect_right(range(2, len(longer)), width, key=partial(_measure_start, longer, size, weight)) + 1
            yield longer[:end]
            longer = longer[end:]
        row = longer
    if row:
        yield row


def _fits(rows: Sequence[_Row], width: int, height: int) -> bool:
    block = _block(rows)
    return block.width <= width and block.height <= height


def _block(rows: Sequence[_Row]) -> Block:
    width = max(_measure(row.text, row.size, row.weight) for row in rows)
    return Block(tuple(rows), width, sum(map(_height, rows)))


def _height(row: _Row) -> int:
    return row.space + round(_PITCH * row.size)


def _clean(text: str) -> str:
    return _UNDRAWABLE.sub("?", " ".join(unicodedata.normalize("NFC", text[:_LONGEST]).split()))


def _measure_start(text: str, size: int, weight: int, length: int) -> int:
    return _measure(text[:length], size, weight)


@lru_cache(maxsize=1024)
def _measure(text: str, size: int, weight: int) -> int:
    _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), _font(), size, weight)
    return width


def _font() -> cv2.FontFace:
    # One per thread, for 6 MB and 20 ms: what two draw with the same one at once comes out in the other's weight.
    if not hasattr(_local, "font"):
        _local.font = cv2.FontFace("sans")
    font: cv2.FontFace = _local.font
    return font
