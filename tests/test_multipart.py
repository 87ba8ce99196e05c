"""MJPEG framing, byte for byte, and as independent parsers read it."""

import asyncio
import email.parser
import re
from collections.abc import Hashable

import aiohttp
import pytest
from aiohttp import hdrs
from aiohttp.base_protocol import BaseProtocol

from mjpeg_viewer.multipart import BOUNDARY, CONTENT_TYPE, Framing, Notice, Picture, opening
from mjpeg_viewer.wire import Form, Wire, chunk

JPEGS = [
    b"\xff\xd8one\xff\xd9",
    b"\xff\xd8\r\n--\r\n\r\ntwo\xff\xd9",
    b"\xff\xd8" + bytes(range(256)) * 300 + b"\xff\xd9",
]
PARTS = [Picture(jpeg, 10 + number, 1000 + number, 1.7e9 + number / 4) for number, jpeg in enumerate(JPEGS)]
FRAMINGS = list(Framing)


def body(framing: Framing) -> bytes:
    return opening(framing) + b"".join(part.get(Form(framing, chunked=False)) for part in PARTS)


def test_boundary_is_one_that_every_parser_gets_right():
    """Unquoted, last, without leading dashes, of letters and digits, and long enough that no picture holds it."""
    assert re.fullmatch(r"multipart/x-mixed-replace; boundary=[0-9a-f]{20,70}", CONTENT_TYPE)
    assert CONTENT_TYPE.endswith(BOUNDARY)


def test_advance_framing_byte_for_byte():
    """The headers of the next part stand right behind each JPEG, with nothing in them that is not known yet."""
    headers = b"--%b\r\nContent-Type: image/jpeg\r\n\r\n" % BOUNDARY.encode()
    assert opening(Framing.ADVANCE) == headers
    assert PARTS[0].get(Form(Framing.ADVANCE, chunked=False)) == JPEGS[0] + b"\r\n" + headers


def test_length_framing_byte_for_byte():
    """Each part says its length, its time and its place; the boundary follows at once."""
    delimiter = b"--%b\r\n" % BOUNDARY.encode()
    assert opening(Framing.LENGTH) == delimiter
    assert PARTS[1].get(Form(Framing.LENGTH, chunked=False)) == (
        b"Content-Type: image/jpeg\r\n"
        b"Content-Length: %d\r\n"
        b"X-Pulse-Id: 1001\r\n"
        b"X-Sequence: 11\r\n"
        b"X-Timestamp: 1700000000.250000\r\n"
        b"\r\n%b\r\n%b"
    ) % (len(JPEGS[1]), JPEGS[1], delimiter)


def test_a_frame_without_time_has_no_timestamp():
    """A missing time is left out, not made up."""
    assert "X-Timestamp" not in Picture(b"x", 1, 2, None).headers()
    assert b"X-Timestamp" not in Picture(b"x", 1, 2, None).get(Form(Framing.LENGTH, chunked=False))


@pytest.mark.parametrize("framing", FRAMINGS)
def test_no_part_is_ever_empty(framing: Framing):
    """One part that is no JPEG blanks the picture for good in Chromium: between boundaries there is always one."""
    pieces = body(framing).split(b"--" + BOUNDARY.encode())
    assert pieces[0] == b""
    assert len(pieces) == len(JPEGS) + 2
    for piece, jpeg in zip(pieces[1:], JPEGS, strict=False):
        head, _, picture = piece.partition(b"\r\n\r\n")
        assert head.startswith(b"\r\nContent-Type: image/jpeg")
        assert picture == jpeg + b"\r\n"
    assert pieces[-1] == (b"\r\n" if framing is Framing.LENGTH else b"\r\nContent-Type: image/jpeg\r\n\r\n")


@pytest.mark.parametrize("framing", FRAMINGS)
def test_viewers_that_join_late_are_sent_a_body_of_their_own(framing: Framing):
    """Opening and any parts in any number make a body: all viewers of one framing get the very same bytes."""
    late = opening(framing) + PARTS[2].get(Form(framing, chunked=False))
    assert late.count(BOUNDARY.encode()) == 2
    assert JPEGS[2] in late


@pytest.mark.parametrize("framing", FRAMINGS)
async def test_aiohttps_own_reader_reads_the_parts(framing: Framing):
    """An independent reader finds each JPEG whole, its type, and in length framing all that is known of it."""
    stream = aiohttp.StreamReader(BaseProtocol(asyncio.get_running_loop()), 2**20)
    # aiohttp waits for the end of a part without a length, so the last, open one is closed for it.
    stream.feed_data(body(framing) + (b"" if framing is Framing.LENGTH else b"\r\n--%b--\r\n" % BOUNDARY.encode()))
    stream.feed_eof()
    reader = aiohttp.MultipartReader({hdrs.CONTENT_TYPE: CONTENT_TYPE}, stream)
    for part in PARTS:
        got = await reader.next()
        assert isinstance(got, aiohttp.BodyPartReader)
        assert await got.read() == part.jpeg
        assert got.headers["Content-Type"] == "image/jpeg"
        if framing is Framing.LENGTH:
            assert {name: got.headers[name] for name in part.headers()} == part.headers()


@pytest.mark.parametrize("framing", FRAMINGS)
def test_pythons_mail_parser_reads_the_parts(framing: Framing):
    """RFC 2046 as mail has it: one more reader that knows nothing of cameras."""
    head = f"MIME-Version: 1.0\r\nContent-Type: {CONTENT_TYPE}\r\n\r\n".encode()
    message = email.parser.BytesParser().parsebytes(head + body(framing) + b"\r\n--%b--\r\n" % BOUNDARY.encode())
    parts = message.get_payload()[: len(JPEGS)]  # type: ignore[index]
    assert [part.get_content_type() for part in parts] == ["image/jpeg"] * len(JPEGS)
    # Mail parsers rewrite line ends inside binary parts; this JPEG has none.
    assert parts[0].get_payload(decode=True) == JPEGS[0]


@pytest.mark.parametrize(("size", "head"), [(1, b"1\r\n"), (255, b"ff\r\n"), (70_000, b"11170\r\n")])
def test_chunk_is_size_in_hexadecimal_bytes_and_line_end(size: int, head: bytes):
    """RFC 9112 section 7.1."""
    assert chunk(b"x" * size) == head + b"x" * size + b"\r\n"
    assert chunk(b"", b"x", b"x" * (size - 1)) == chunk(b"x" * size)


def test_bytes_are_made_once_for_all_viewers():
    """However many viewers ask, each framing is made once, and with its chunk header once."""
    made = []

    class Counted(Wire):
        def pieces(self, kind: Hashable) -> tuple[bytes, ...]:
            made.append(kind)
            return b"a ", str(kind).encode()

    wire = Counted("lane")
    for framing in FRAMINGS:
        for chunked in (False, True):
            first = wire.get(Form(framing, chunked))
            assert wire.get(Form(framing, chunked)) is first
            whole = f"a {framing}".encode()
            assert first == (chunk(whole) if chunked else whole)
    assert len(made) == 4


def test_notice_says_the_status_and_no_frame():
    """A program tells by its headers that this is no picture of now."""
    assert Notice(b"x", "silent").headers() == {"X-Status": "silent"}
    assert b"X-Status: silent\r\n\r\nx\r\n" in Notice(b"x", "silent").get(Form(Framing.LENGTH, chunked=False))
