"""What a camera is doing, in a word and a sentence."""

import pytest

from mjpeg_viewer.rates import Rates
from mjpeg_viewer.sources import Intake
from mjpeg_viewer.status import Health, State, Status, judge

ADDRESS = "tcp://cam:9999"
STARTED = 1000.0


def intake(
    last: float | None = None, interval: float = 0.0, connected: bool | None = True, trouble: str = ""
) -> Intake:
    made = Intake()
    made.last, made.interval, made.connected, made.trouble = last, interval, connected, trouble
    return made


def health(*bad: float, good_at_the_end: bool = False) -> Health:
    made = Health()
    for time in bad:
        made.note_bad("bitshuffle", f"bitshuffle: damaged at {time:g}", time)
    if good_at_the_end:
        made.note_good(bad[-1])
    return made


def good(time: float) -> Health:
    made = Health()
    made.note_good(time)
    return made


NOBODY = f"nobody answers at {ADDRESS}; is the sender running?"
SILENT = f"connected to {ADDRESS}, but no message comes"


@pytest.mark.parametrize(
    ("came_in", "healths", "now", "state", "reason", "since"),
    [
        (intake(None, connected=False), [], 1000.9, "connecting", f"no answer from {ADDRESS} yet", STARTED),
        (intake(None, connected=False), [], 1001.1, "connecting", NOBODY, STARTED),
        (intake(None, connected=None), [], 1001.1, "connecting", NOBODY, STARTED),
        (intake(None), [], 1000.1, "silent", SILENT, STARTED),
        (intake(2000.0), [], 2001.4, "live", "", 2000.0),
        (intake(2000.0), [], 2001.6, "silent", SILENT, 2000.0),
        (intake(2000.0, connected=False), [], 2001.6, "connecting", NOBODY, 2000.0),
        (intake(2000.0, connected=False), [], 2001.4, "live", "", 2000.0),
        (intake(2000.0, interval=5.0), [], 2014.9, "live", "", 2000.0),
        (intake(2000.0, interval=5.0), [], 2015.1, "silent", SILENT, 2000.0),
        (intake(2000.0, interval=0.01), [], 2001.4, "live", "", 2000.0),
        (intake(None, trouble="no ZeroMQ"), [], 1001.0, "connecting", "no ZeroMQ", STARTED),
        (intake(2000.0), [health(1999.0, 2000.1)], 2000.2, "undecodable", "bitshuffle: damaged at 1999", 1999.0),
        (intake(2000.0), [health(), health(1998.0, 1999.5)], 2000.2, "undecodable",
         "bitshuffle: damaged at 1998", 1998.0),
        (intake(2000.0), [health(1999.9, 2000.1)], 2000.2, "live", "", 2000.0),
        (intake(2000.0), [health(1990.0, 2000.1, good_at_the_end=True)], 2000.2, "live", "", 2000.0),
        (intake(2000.0), [health(1990.0, 2000.0)], 2010.0, "silent", SILENT, 2000.0),
        (intake(2000.0), [health(1990.0, 2000.0), good(1999.9)], 2000.2, "live", "", 2000.0),
        (intake(2000.0), [good(2000.0), health(1990.0, 1999.0)], 2000.2, "live", "", 2000.0),
        (intake(2000.0), [good(1995.0), health(1990.0, 2000.0)], 2000.2, "undecodable",
         "bitshuffle: damaged at 1990", 1995.0),
    ],
    ids=[
        "no time for an answer", "nobody yet",
        "cannot know", "connected, nothing yet", "live", "silent for 1.5 s", "gone", "just gone",
        "slow camera", "slow camera, silent", "fast camera", "trouble", "undecodable", "one of two undecodable",
        "single bad ones", "bad ones, then a good one", "silence outranks trouble",
        "bad ones met by a slow encoder", "shown by another since", "the other has shown none since",
    ],
)  # fmt: skip
def test_state_and_sentence(
    came_in: Intake, healths: list[Health], now: float, state: State, reason: str, since: float
):
    """Each state says why, since when, and what would do; a live camera says nothing."""
    status = judge(came_in, healths, ADDRESS, STARTED, now)
    assert status == Status(state, reason, since)
    assert status.online is (state == "live")


def test_trouble_begins_anew_after_a_good_one():
    """Bad messages among good ones are never added up to a trouble."""
    checked = Health()
    for time in range(100):
        checked.note_bad("size", "bad", time)
        checked.note_bad("size", "bad", time + 0.5)
        assert checked.find_trouble() is None
        checked.clear()
    checked.note_bad("size", "bad", 200.0)
    checked.note_bad("lz4", "worse", 201.0)
    checked.note_bad("lz4", "worse by 7", 201.5)  # numbers in it are no news
    assert checked.find_trouble() == ("worse", 200.0)


def test_intake_counts_and_knows_the_usual_pace(monkeypatch: pytest.MonkeyPatch):
    """Messages, bytes and the smoothed time between two; a long pause and a clock set back do not distort it."""
    now = [5000.0]
    monkeypatch.setattr("mjpeg_viewer.sources.intake.time.time", lambda: now[0])
    counted = Intake()
    counted.trouble = "before"
    for _ in range(50):
        assert counted.count(100) == now[0]
        now[0] += 0.1
    assert (counted.received, counted.received_bytes, counted.connected, counted.trouble) == (50, 5000, True, "")
    assert counted.interval == pytest.approx(0.1)
    now[0] += 3600
    counted.count(100)
    assert counted.interval < 1.2
    now[0] -= 7200
    counted.count(100)
    assert 0 < counted.interval < 1.2


def feed(counted: Intake, now: list[float], *gaps: float) -> float:
    """Let a message come after each of these times; the interval that is then the usual one."""
    for gap in gaps:
        now[0] += gap
        counted.count(100)
    return counted.interval


@pytest.mark.parametrize("silence", [2.0, 9.0, 11.0, 3600.0])
@pytest.mark.parametrize("interval", [0.01, 0.1, 0.6])
def test_silence_does_not_count_as_pace(monkeypatch: pytest.MonkeyPatch, interval: float, silence: float):
    """After it the next one is noticed as soon as the first; the first message of all may be long before the second."""
    now = [5000.0]
    monkeypatch.setattr("mjpeg_viewer.sources.intake.time.time", lambda: now[0])
    counted = Intake()
    feed(counted, now, *[interval] * 20, silence)
    assert counted.interval == pytest.approx(interval)
    assert feed(counted, now, interval) == pytest.approx(interval)
    alone = Intake()
    if silence > 10:
        assert feed(alone, now, 0, silence, interval) == pytest.approx(interval)


@pytest.mark.parametrize("pace", [5.0, 60.0])
def test_camera_that_becomes_slow_is_not_silent_for_ever(monkeypatch: pytest.MonkeyPatch, pace: float):
    """Two silences in a row are its pace: after a few more it is live all the time, up to one message in 30 s."""
    now = [5000.0]
    monkeypatch.setattr("mjpeg_viewer.sources.intake.time.time", lambda: now[0])
    counted = Intake()
    feed(counted, now, *[0.1] * 20, *[pace] * 6)
    assert counted.silent_after > min(pace, 10)
    assert feed(counted, now, *[pace] * 60) == pytest.approx(min(pace, 10), rel=0.01)


def test_rates_are_of_the_last_five_seconds():
    """A steady pace is told exactly, another one after five seconds, and standing still as zero."""
    rates = Rates()
    rates.sample(0.0, 0, 0)
    assert (rates.messages, rates.bytes) == (0, 0)
    for tick in range(1, 41):
        rates.sample(tick / 4, tick * 5, tick * 5000)
    assert (rates.messages, rates.bytes) == (20, 20_000)
    for tick in range(41, 61):
        rates.sample(tick / 4, 200 + (tick - 40), 200_000)
    assert (rates.messages, rates.bytes) == (4, 0)
