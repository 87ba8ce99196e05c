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
