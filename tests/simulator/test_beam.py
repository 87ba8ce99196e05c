"""What the simulated camera sees: the original's channels, in every type, repeatable and visibly moving."""

import itertools

import numpy as np
import pytest

from mjpeg_viewer.simulator import DTYPES, Beam, BeamError, CounterError


def centre(image):
    """The beam's centre of mass, (x, y) in pixels."""
    excess = np.clip(image.astype(np.float64) - 0.2 * image.max(), 0, None)
    height, width = image.shape
    return (
        (excess.sum(axis=0) @ np.arange(width)) / excess.sum(),
        (excess.sum(axis=1) @ np.arange(height)) / excess.sum(),
    )


def test_channels_are_the_originals():
    """Names, order, types and shapes are those of the generator that the viewer was first built against."""
    values = Beam(seed=1).values(0)

    assert list(values) == [
        "image",
        "image_size_x",
        "image_size_y",
        "image_profile_x",
        "image_profile_y",
        "beam_energy",
        "repetition_rate",
    ]
    assert values["image"].shape == (480, 640)
    assert values["image"].dtype == np.float64
    assert (values["image_size_x"], values["image_size_y"]) == (640, 480)
    assert type(values["image_size_x"]) is int
    assert values["image_profile_x"].shape == (640,)
    assert values["image_profile_y"].shape == (480,)
    assert type(values["beam_energy"]) is float
    assert values["repetition_rate"] == 10.0


@pytest.mark.parametrize("counter", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_profiles_are_the_sums_of_the_image_sent(dtype, counter):
    """The profiles belong to the very pixels of their image, painted counter included."""
    values = Beam(320, 200, dtype, seed=1, counter=counter).values(5)

    for axis, name in enumerate(["image_profile_x", "image_profile_y"]):
        assert values[name].dtype == np.float64
        np.testing.assert_allclose(values[name], values["image"].astype(np.float64).sum(axis=axis), rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_carries_the_beam_unclipped(dtype):
    """Nothing wraps below zero or runs into the type's end, and the beam stands well above its background."""
    beam = Beam(320, 240, dtype, seed=3)
    for number in range(0, 200, 10):
        image = beam.values(number)["image"]
        assert image.dtype == np.dtype(dtype)
        assert image.min() >= -1e-9
        assert 0.7 * beam.amplitude < image.max() <= beam.amplitude
        assert np.median(image) < 0.1 * beam.amplitude


def test_integers_are_rounded_not_cut():
    """An integer image is as bright as the float image that it stands for."""
    counts, exact = (Beam(64, 48, dtype, amplitude=44, seed=1).values(0)["image"] for dtype in ("uint16", "float64"))

    assert np.abs(counts - exact).max() <= 0.501
    assert counts.mean() == pytest.approx(exact.mean(), abs=0.05)


def test_amplitude_makes_a_dark_image():
    """A 16-bit image may use a sliver of its range, as a recorded camera did: 0..44 of 65535."""
    beam = Beam(dtype="uint16", amplitude=44, seed=1)
    images = [beam.values(number)["image"] for number in range(20)]

    assert max(image.max() for image in images) <= 44
    assert min(image.max() for image in images) > 30


def test_largest_amplitude_fits():
    """The whole range of a type may be used, and still nothing wraps."""
    image = Beam(dtype="uint16", amplitude=65535, seed=1).values(0)["image"]

    assert image.max() > 50000
    assert image[0, 0] < 5000


def test_beam_moves_so_that_it_can_be_seen():
    """Within ten seconds the beam crosses a fifth of the picture either way; from shot to shot it jitters."""
    beam = Beam(seed=1)
    centres = np.array([centre(beam.values(number)["image"]) for number in range(0, 100, 3)])

    assert np.ptp(centres[:, 0]) > 640 / 5
    assert np.ptp(centres[:, 1]) > 480 / 5
    still = np.array([centre(beam.values(number, delay=0)["image"]) for number in range(20)])
    assert (still.std(axis=0) > 0.5).all()
    assert (still.std(axis=0) < 10).all()


def test_noise_is_never_the_same():
    """A corner far from the beam differs from image to image: a frozen picture cannot pass for a live one."""
    beam = Beam(dtype="uint16", seed=1)
    corners = [beam.values(number)["image"][-20:, -20:] for number in range(10)]

    assert all(not np.array_equal(one, other) for one, other in itertools.pairwise(corners))


def test_seed_and_number_alone_decide():
    """The same seed makes the same image of a number, whatever was asked before; another seed another."""
    one, same, other = Beam(64, 48, seed=7), Beam(64, 48, seed=7), Beam(64, 48, seed=8)
    for number in range(5):
        one.values(number)

    np.testing.assert_array_equal(one.values(9)["image"], same.values(9)["image"])
    assert one.values(9)["beam_energy"] == same.values(9)["beam_energy"]
    assert not np.array_equal(one.values(9)["image"], other.values(9)["image"])
    assert not np.array_equal(Beam(64, 48).values(0)["image"], Beam(64, 48).values(0)["image"])


def test_images_are_the_callers_own():
    """An image is not overwritten by the next one."""
    beam = Beam(64, 48, seed=1)
    first = beam.values(0)["image"]
    copy = first.copy()
    beam.values(1)

    np.testing.assert_array_equal(first, copy)


def test_beam_energy_is_5_and_up_to_10_percent():
    """The energies fill 5 to 5.5 and leave it never."""
    beam = Beam(16, 16, seed=1)
    energies = [beam.values(number)["beam_energy"] for number in range(500)]

    assert 5.0 <= min(energies) < 5.02
    assert 5.48 < max(energies) <= 5.5


@pytest.mark.parametrize(("delay", "rate"), [(0.01, 100.0), (2.0, 0.5), (0.0, 0.0)])
def test_repetition_rate_follows_the_delay(delay, rate):
    """The rate is 1/delay, and 0 where no rate is set: an infinity would be no JSON."""
    assert Beam(16, 16).values(0, delay)["repetition_rate"] == pytest.approx(rate)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (640, 1), (1, 480), (33, 77)])
def test_odd_sizes_are_pictures_too(width, height):
    """Pictures of height 1 exist on real beamlines."""
    assert Beam(width, height, "uint16", seed=1).values(0)["image"].shape == (height, width)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "size 0x480"),
        ({"height": 20000}, "expected 1 to 16384"),
        ({"dtype": "complex64"}, "'complex64'.*float64"),
        ({"dtype": "bool"}, "'bool'"),
        ({"dtype": "uint8", "amplitude": 300}, "amplitude 300 does not fit uint8; expected above 0 and up to 255"),
        ({"amplitude": 0}, "amplitude 0"),
        ({"amplitude": float("nan")}, "amplitude nan"),
    ],
)
def test_impossible_pictures_are_refused(options, message):
    """An error says what was asked for and what would do."""
    with pytest.raises(BeamError, match=message):
        Beam(**options)


def test_counter_needs_room():
    """A picture too small for the counter is refused when the beam is made, not when it is sent."""
    with pytest.raises(CounterError, match="100x100"):
        Beam(100, 100, counter=True)
