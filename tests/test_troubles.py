"""Repeated trouble: each one counted, and one line every ten seconds."""

import logging

import pytest

from mjpeg_viewer.troubles import Troubles


def test_hundred_troubles_a_second_are_one_line_in_ten(caplog: pytest.LogCaptureFixture):
    """The first is said at once, what follows is gathered by kind, and silence says nothing."""
    troubles = Troubles("beam")
    with caplog.at_level(logging.WARNING):
        troubles.say(99.0)
        for tick in range(1001):
            troubles.note("lz4" if tick % 4 else "size", f"number {tick}", tick + 1)
            troubles.say(100 + tick / 100)
        troubles.say(130.0)
    assert caplog.messages == [
        "beam: 1 could not be shown (size 1), the latest: number 0",
        "beam: 1000 could not be shown (lz4 750, size 250), the latest: number 1000",
    ]
    assert troubles.counts == {"lz4": 750, "size": 251}


def test_message_is_counted_once_however_many_try_to_show_it():
    """Also by an encoder that comes to it when others are some messages ahead."""
    troubles = Troubles("beam")
    for sequence in (5, 6, 5, 7, 6, 5, 7):
        troubles.note("lz4", "damaged", sequence)
    assert troubles.counts == {"lz4": 3}
    troubles.note("axis", "of no message")
    troubles.note("axis", "of no message")
    assert troubles.counts == {"lz4": 3, "axis": 2}
