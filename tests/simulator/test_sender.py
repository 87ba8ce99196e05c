"""The simulator on the wire, read by psi-bsread's own Source: real ZeroMQ, no part of the viewer."""

import json
import logging
import sys
import time

import numpy as np
import pytest
import zmq

from mjpeg_viewer.simulator import COMPRESSIONS, DTYPES, Beam, BindError, Simulator, SimulatorError, read_counter

PATIENCE = 10.0  # s, for what happens at once on an idle machine


def values_in(message):
    return {name: value.value for name, value in message.data.data.items()}


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_arrives_as_it_was_sent(dtype, compression, receiving):
    """psi-bsread reads each channel's type, shape and values, in every type and compression."""
    beam = Beam(64, 48, dtype, seed=5)
    with Simulator(Beam(64, 48, dtype, seed=5), compression=compression) as simulator, receiving(simulator) as source:
        assert simulator.send(2) == 2
        for number in range(2):
            received = values_in(source.receive())
            expected = beam.values(number)
            assert list(received) == list(expected)
            for name, value in expected.items():
                np.testing.assert_array_equal(received[name], value, err_msg=name)
            assert received["image"].dtype == np.dtype(dtype)
            assert received["image"].shape == (48, 64)
            assert received["image_size_x"].dtype == np.int64
            assert received["image_profile_x"].dtype == np.float64
            assert received["image_profile_x"].shape == (64,)
            assert received["image_profile_y"].shape == (48,)
            assert received["beam_energy"].dtype == np.float64
            assert received["repetition_rate"] == 10.0


@pytest.mark.parametrize(("compression", "named"), [("none", None), ("lz4", "lz4")])
def test_header_on_the_wire(compression, named):
    """Two headers, then two parts per channel; shapes stand fastest dimension first."""
    with (
        Simulator(Beam(64, 48, "uint16"), compression=compression) as simulator,
        zmq.Context() as context,
        context.socket(zmq.PULL) as receiver,
    ):
        receiver.rcvtimeo = int(PATIENCE * 1000)
        receiver.connect(simulator.address)
        assert simulator.wait_for_receiver(PATIENCE)
        simulator.send()
        parts = receiver.recv_multipart()

    header = json.loads(parts[1])
    assert len(parts) == 2 + 2 * len(header["channels"])
    assert header["channels"][0]["name"] == "image"
    assert header["channels"][0]["type"] == "uint16"
    assert header["channels"][0]["shape"] == [64, 48]
    assert header["channels"][0]["encoding"] == sys.byteorder
    assert header["channels"][0].get("compression") == named


def test_pulse_ids_count_up_and_times_are_now(receiving):
    """Each image has the next pulse id, from the one asked for, and the time of its sending to the nanosecond."""
    with Simulator(Beam(64, 48), start_pulse_id=10_000_000_000) as simulator, receiving(simulator) as source:
        before = time.time()
        simulator.send(5)
        messages = [source.receive() for _ in range(5)]

    assert [message.data.pulse_id for message in messages] == list(range(10_000_000_000, 10_000_000_005))
    for message in messages:
        assert (
            before - 0.001 <= message.data.global_timestamp + message.data.global_timestamp_offset / 1e9 <= time.time()
        )


def test_painted_counter_is_the_pulse_id(receiving):
    """What the picture shows is what the header says."""
    with (
        Simulator(Beam(320, 240, "uint8", counter=True), start_pulse_id=41) as simulator,
        receiving(simulator) as source,
    ):
        simulator.send(3)
        messages = [source.receive() for _ in range(3)]

    assert [read_counter(values_in(message)["image"]) for message in messages] == [41, 42, 43]


def test_pub_gives_each_subscriber_all(receiving):
    """Two subscribers of a PUB stream each get every image."""
    with (
        Simulator(Beam(64, 48), mode="pub") as simulator,
        receiving(simulator) as one,
        receiving(simulator) as other,
    ):
        # XPUB tells of a topic's first subscriber only, so the second is waited for by what it gets.
        while other.stream.socket.poll(100) == 0:
            simulator.send()
        assert simulator.url == f"bsread+sub://127.0.0.1:{simulator.port}"
        first = other.receive().data.pulse_id
        simulator.send(3)
        others = [first, *(other.receive().data.pulse_id for _ in range(simulator.pulse_id - first - 1))]
        ones = [one.receive().data.pulse_id for _ in range(simulator.pulse_id)]

    assert ones == list(range(simulator.pulse_id))
    assert others == list(range(first, simulator.pulse_id))


def test_push_shares_out_what_pub_would_copy(receiving):
    """Two PULL receivers split a PUSH stream: none gets all, both together do."""
    with Simulator(Beam(64, 48)) as simulator, receiving(simulator) as one, receiving(simulator) as other:
        assert simulator.url == f"bsread+pull://127.0.0.1:{simulator.port}"
        poller = zmq.Poller()
        readers = {reader.stream.socket: (reader, []) for reader in (one, other)}
        for pulled in readers:
            poller.register(pulled, zmq.POLLIN)
        while not all(received for _, received in readers.values()):
            simulator.send()
            for pulled, _ in poller.poll(PATIENCE * 1000):
                reader, received = readers[pulled]
                received.append(reader.receive().data.pulse_id)

    received = [pulse_id for _, pulse_ids in readers.values() for pulse_id in pulse_ids]
    assert sorted(received) == list(range(simulator.pulse_id))


@pytest.mark.parametrize("mode", ["push", "pub"])
def test_nobody_there_costs_nothing_and_blocks_nothing(mode, receiving):
    """Without a receiver images are dropped and counted; the one who comes then sees the present."""
    with Simulator(Beam(64, 48), mode=mode) as simulator:
        started = time.monotonic()
        assert simulator.send(100) == 0
        assert time.monotonic() - started < 1.0
        assert (simulator.sent, simulator.dropped) == (0, 100)
        with receiving(simulator) as source:
            simulator.send()
            assert source.receive().data.pulse_id == 100


@pytest.mark.parametrize("mode", ["push", "pub"])
def test_receiver_that_leaves_is_noticed(mode, receiving):
    """After the last receiver left, images are dropped again, and the next receiver starts with a whole message."""
    with Simulator(Beam(64, 48), mode=mode) as simulator:
        with receiving(simulator) as source:
            simulator.send()
            assert source.receive() is not None
        deadline = time.monotonic() + PATIENCE
        while simulator.send() and time.monotonic() < deadline:
            pass
        assert not simulator.connected
        with receiving(simulator) as source:
            expected = simulator.pulse_id
            simulator.send(2)
            assert [source.receive().data.pulse_id for _ in range(2)] == [expected, expected + 1]


def test_receiver_that_stalls_costs_whole_messages_only(receiving):
    """A receiver that stops reading makes images drop, never the sender wait; what it reads later is unbroken."""
    with Simulator(Beam(640, 480), queue_size=2) as simulator, receiving(simulator) as source:
        deadline = time.monotonic() + PATIENCE
        while simulator.dropped < 50 and time.monotonic() < deadline:
            simulator.send()
        assert simulator.dropped >= 50

        received = [source.receive() for _ in range(simulator.sent)]
        assert all(values_in(message)["image"].shape == (480, 640) for message in received)
        assert all(len(message.data.data) == 7 for message in received)
        ids = [message.data.pulse_id for message in received]
        assert ids == sorted(set(ids))


def test_ephemeral_port_is_real():
    """Port 0 binds a free port, which address and port name."""
    with Simulator(Beam(16, 16)) as one, Simulator(Beam(16, 16)) as other:
        assert one.port != other.port
        assert one.port > 0
        assert one.address == f"tcp://127.0.0.1:{one.port}"


def test_taken_port_is_refused_in_words(caplog, capfd):
    """The error names the address and the reason; nothing else is printed or logged, and nothing is left open."""
    with Simulator(Beam(16, 16)) as first:
        with pytest.raises(
            BindError, match=rf"^cannot bind tcp://127\.0\.0\.1:{first.port}: Address already in use$"
        ) as raised:
            Simulator(Beam(16, 16), port=first.port)
        assert raised.value.errno == zmq.EADDRINUSE
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_port_is_free_again_after_close(receiving):
    """A closed simulator can be followed by the next on the same port: a camera that restarts."""
    with Simulator(Beam(16, 16)) as first, receiving(first):
        first.send(3)
    with Simulator(Beam(16, 16), port=first.port) as second:
        assert second.port == first.port
    second.close()
    second.stop()


def test_unknown_mode_and_compression_are_refused():
    """The error says what there is."""
    with pytest.raises(SimulatorError, match="mode 'req' is not known; expected one of push, pub"):
        Simulator(mode="req")
    with pytest.raises(SimulatorError, match="'gzip' is not known; expected one of none, lz4, bitshuffle_lz4"):
        Simulator(compression="gzip")


def test_mflow_no_longer_writes_to_stderr_by_itself():
    """psi-mflow's own handler is gone, so the program alone decides what is logged, and where."""
    with Simulator(Beam(16, 16)):
        assert logging.getLogger("mflow.mflow").handlers == []
        assert logging.getLogger("mflow.mflow").propagate
