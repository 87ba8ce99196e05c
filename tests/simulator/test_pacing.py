"""The simulator's rate: no drift, no bursts, as many images as asked for, and an end when told."""

import threading
import time

import pytest
from bsread import PULL, Source

from mjpeg_viewer.simulator import Beam, Simulator

PATIENCE = 10.0  # s, for what happens at once on an idle machine


def test_run_ends_after_as_many_images_as_were_asked_for():
    """Images dropped before the receiver came do not count."""
    with Simulator(Beam(64, 48)) as simulator:
        sent = []
        sending = threading.Thread(target=lambda: sent.append(simulator.run(5, delay=0.02)))
        sending.start()
        source = Source(host="127.0.0.1", port=simulator.port, mode=PULL, receive_timeout=int(PATIENCE * 1000))
        with source:
            ids = [source.receive().data.pulse_id for _ in range(5)]
            sending.join(PATIENCE)

    assert sent == [5]
    assert ids == list(range(ids[0], ids[0] + 5))
    assert simulator.dropped == ids[0]


class SlowBeam:
    """A beam whose images take `seconds(number)` to make; notes when each was asked for."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.asked = []
        self._beam = Beam(16, 16)

    def values(self, number, delay):
        started = time.monotonic()
        self.asked.append(started)
        while time.monotonic() < started + self.seconds(number):
            pass
        return self._beam.values(number, delay)


def test_rate_does_not_drift(receiving):
    """The work for an image is no part of the delay between two: 25 images 20 ms apart take 0.48 s, not 0.91 s."""
    beam = SlowBeam(lambda number: 0.018)
    with Simulator(beam) as simulator, receiving(simulator):
        beam.asked.clear()
        simulator.run(25, delay=0.02)

    assert 0.46 < beam.asked[-1] - beam.asked[0] < 0.75


def test_held_up_sender_does_not_send_a_burst(receiving):
    """What a hold-up of 0.5 s missed is let go of: the ten images after it keep their distance."""
    beam = SlowBeam(lambda number: 0.5 if number == 2 else 0.0)
    with Simulator(beam) as simulator, receiving(simulator):
        beam.asked.clear()
        simulator.run(13, delay=0.02)

    assert beam.asked[-1] - beam.asked[3] > 8 * 0.02  # ten, of which one may be caught up


def test_no_delay_sends_as_fast_as_it_is_taken():
    """With delay 0 nothing is dropped for speed, and a lone sender sleeps instead of spinning."""
    with Simulator(Beam(64, 48)) as simulator:
        sending = threading.Thread(target=simulator.run, args=(200, 0.0))
        sending.start()
        with Source(host="127.0.0.1", port=simulator.port, mode=PULL, receive_timeout=int(PATIENCE * 1000)) as source:
            ids = [source.receive().data.pulse_id for _ in range(200)]
            sending.join(PATIENCE)

    assert ids == list(range(200))
    assert simulator.dropped == 0


@pytest.mark.parametrize("delay", [0.0, 0.1, 3600.0])
def test_stop_ends_a_run_at_once(delay):
    """However long the delay, and with nobody connected, stop() is followed within the blink of an eye."""
    with Simulator(Beam(16, 16)) as simulator:
        sending = threading.Thread(target=simulator.run, args=(-1, delay))
        sending.start()
        started = time.monotonic()
        simulator.stop()
        sending.join(PATIENCE)
        assert not sending.is_alive()
        assert time.monotonic() - started < 5.0
        assert simulator.wait_for_receiver(PATIENCE) is False
