"""Words in pictures: they fit, whatever they are, and nothing that a sender writes ends the process."""

import threading

import numpy as np
import pytest

from mjpeg_viewer.imaging.text import SMALLEST, choose_size, lay_out

HOSTILE = [
    "\ud800",
    "a\udfff\udc00b",
    "\x00\x01\x1b[31m\r\n\t",
    "\u05d0\u05d1 \u0645\u0631\u062d\u0628\u0627",
    "\u202eabc\u2066\u2028",
    "\U0001f600\U0010ffff",
    "e" + "\u0301" * 400,
    "x" * 100_000,
    " ",
    "",
]


def write(lines: list[str], width: int, height: int, size: int, title: bool = False) -> np.ndarray:
    """Exactly as much of a picture as there is room, and around it a margin in which nothing may be written."""
    block = lay_out(lines, width, height, size, title=title)
    picture = np.zeros((height + 100, width + 100), np.uint8)
    block.write(picture, 50, 50)
    assert block.width <= width
    assert block.height <= height
    inside = picture[50 : 50 + height, 50 : 50 + width].copy()
    picture[50 : 50 + height, 48 : 52 + width] = 0  # a letter may lean over by a pixel
    assert not picture.any()
    return inside


@pytest.mark.parametrize("title", [False, True])
@pytest.mark.parametrize("width", [1, 20, 45, 60, 150, 600, 4000])
@pytest.mark.parametrize("height", [1, 11, 12, 30, 120, 900])
def test_text_stays_in_its_room(width: int, height: int, title: bool):
    """However much of it there is, nothing is written outside; and if it is seen, it is of a size that can be read."""
    lines = ["Strahl-Größe ÅÇgjpq|", "no data for 12 s", "tcp://a-host-with-a-long-name.example.org:9999/x " * 6]
    write(lines, width, height, 40, title)
    write(["WWW"], width, height, 100, title)
    assert all(row.size >= SMALLEST for row in lay_out(lines, width, height, 40, title=title).rows)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_ends_nothing(text: str):
    """OpenCV dies of a lone surrogate."""
    write([text], 300, 200, 20)
    write(["camera", text, text], 300, 200, 20, title=True)


def test_text_that_nobody_would_read_is_cut():
    """A sender's string may be a megabyte."""
    rows = lay_out(["word " * 10_000], 50_000, 50_000, 20).rows
    assert 400 < sum(len(row.text) for row in rows) <= 500


def test_a_question_mark_stands_for_what_cannot_be_drawn():
    """And for nothing else: names keep their umlauts, and units their signs."""
    (row,) = lay_out(["\ud800Größe 12 °C µm λ Ж あ ≥ 5\x07\u202e"], 900, 100, 20).rows
    assert row.text == "?Größe 12 °C µm λ Ж あ ≥ 5??"


def test_long_lines_go_on_in_the_next_row():
    """At spaces, and within words only where a word is longer than a row."""
    rows = lay_out(["one two three four five", "x" * 60], 150, 500, 20).rows
    words = [row.text for row in rows]
    assert " ".join(word for word in words if "x" not in word) == "one two three four five"
    assert "".join(word for word in words if "x" in word) == "x" * 60
    assert len(words) > 4


def test_text_shrinks_before_it_is_cut():
    """A sentence that is too long at the size asked for is complete at a smaller one."""
    sentence = "nobody answers at tcp://gasu-cam1:9999"
    rows = lay_out([sentence], 200, 30, 30).rows
    assert " ".join(row.text for row in rows) == sentence
    assert SMALLEST <= rows[0].size < 30


def test_ellipsis_says_that_something_is_missing():
    """Where not even the smallest size fits, the beginning is kept."""
    rows = lay_out(["beam", "no data for 12 s because of this and that, and more than that"], 120, 26, 20).rows
    assert rows[0].text.startswith("beam \u2013 no data")
    assert rows[-1].text.endswith("\u2026")
    assert not lay_out(["beam"], 400, 8, 20).rows
    assert not lay_out([], 400, 400, 20).rows


def test_title_stands_out():
    """It is larger and bolder than what follows."""
    title, body = lay_out(["beam", "no data"], 400, 400, 20, title=True).rows
    assert title.size > body.size
    assert title.weight > body.weight


def test_threads_write_the_same_as_one():
    """A font of OpenCV that two threads use at once draws one's text in the other's weight."""
    blocks = [lay_out([f"camera {n}", "no data"], 600, 200, 12 + n, title=bool(n % 2)) for n in range(8)]

    def paint() -> list[bytes]:
        pictures = [np.zeros((200, 600), np.uint8) for _ in blocks]
        for picture, block in zip(pictures, blocks, strict=True):
            block.write(picture, 0, 0)
        return [picture.tobytes() for picture in pictures]

    expected = paint()
    wrong = []
    threads = [
        threading.Thread(target=lambda: wrong.extend(1 for _ in range(200) if paint() != expected)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_size_follows_the_picture():
    """Readable in a thumbnail, and from afar on a large screen."""
    assert choose_size(120, 160, 28) == SMALLEST + 2
    assert choose_size(2160, 3840, 28) == 77
