"""The counter in the picture: what is painted is read back after all that a picture suffers, and nothing else is."""

import cv2
import numpy as np
import pytest

from mjpeg_viewer.simulator import Beam, CounterError, paint_counter, read_counter
from mjpeg_viewer.simulator.counter import _bits, _crc8

NUMBERS = [0, 1, 2, 0xFF, 0x5555, 0xAAAAAA, 0x0F0F0F, 123456, 0xFFFFFF]


def shown(image, low=0.5, high=99.5):
    """The image in 8 bits, by percentile levels, as a viewer shows it."""
    black, white = np.percentile(image, [low, high])
    return np.clip((image - black) / max(white - black, 1e-9) * 255, 0, 255).astype(np.uint8)


def through_jpeg(picture, quality, scale=1.0):
    """The picture after scaling, JPEG and decoding."""
    if scale != 1:
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=method)
    _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(jpeg, cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("scale", [0.5, 0.7, 1.0, 1.33, 2.0])
@pytest.mark.parametrize("quality", [50, 95])
def test_counter_survives_levels_jpeg_and_scaling(number, scale, quality):
    """What was painted into the camera's image is read from the viewer's picture."""
    image = Beam(dtype="uint16", seed=1).values(0)["image"]
    paint_counter(image, number)

    assert read_counter(through_jpeg(shown(image), quality, scale)) == number


@pytest.mark.parametrize("scale", [0.5, 2.0])
@pytest.mark.parametrize(("width", "height"), [(320, 240), (641, 479), (1000, 100), (1280, 1024)])
def test_counter_survives_in_other_sizes(width, height, scale):
    """Cells need not fall on the blocks of JPEG, nor on whole pixels."""
    image = Beam(width, height, "uint16", seed=1).values(0)["image"]
    for number in NUMBERS:
        paint_counter(image, number)
        assert read_counter(through_jpeg(shown(image), 50, scale)) == number


@pytest.mark.parametrize("levels", [(0, 100), (0.5, 99.5), (2, 98), (5, 90)])
@pytest.mark.parametrize("options", [{"amplitude": 44}, {}, {"amplitude": 65535}])
def test_counter_survives_any_levels(options, levels):
    """Black and white are the image's own extremes, so no percentile hides them."""
    beam = Beam(dtype="uint16", counter=True, seed=1, **options)
    for number in (0, 77, 0xFFFFFF):
        picture = through_jpeg(shown(beam.values(number)["image"], *levels), 50)
        assert read_counter(picture) == number


def test_counter_survives_colour():
    """A colour JPEG of a grey picture, chroma halved, reads the same in either order of colours."""
    picture = cv2.cvtColor(shown(Beam(counter=True, seed=1).values(4321)["image"]), cv2.COLOR_GRAY2BGR)
    seen = through_jpeg(picture, 50, 0.5)

    assert seen.ndim == 3
    assert read_counter(seen) == 4321
    assert read_counter(seen[:, :, ::-1]) == 4321


@pytest.mark.parametrize("name", ["VIRIDIS", "INFERNO", "HOT"])
def test_counter_survives_rising_colormaps(name):
    """A colormap that rises from dark to bright keeps black and white apart."""
    picture = cv2.applyColorMap(shown(Beam(counter=True, seed=1).values(99)["image"]), getattr(cv2, f"COLORMAP_{name}"))

    assert read_counter(through_jpeg(picture, 80)) == 99


def test_numbers_wrap_at_24_bits():
    """A real pulse id is larger than the counter; its lowest 24 bits are painted."""
    image = Beam(seed=1).values(0)["image"]
    paint_counter(image, (7 << 24) + 5)

    assert read_counter(shown(image)) == 5


def test_counter_takes_less_than_3_percent_and_moves_no_extreme():
    """All pixels outside a corner stay, and lowest and highest value too."""
    image = Beam(dtype="uint16", seed=1).values(0)["image"]
    before = image.copy()
    paint_counter(image, 0xA5A5A5)

    changed = image != before
    assert 0 < changed.sum() < 0.03 * image.size
    rows, columns = np.nonzero(changed)
    assert rows.max() < 64
    assert columns.max() < 128
    assert (image.min(), image.max()) == (before.min(), before.max())


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((480, 640), np.uint8),
        np.full((480, 640), 255, np.uint8),
        np.full((480, 640), -128, np.int8),
        np.full((480, 640), 2**64 - 1, np.uint64),
        np.full((480, 640), 3.5),
        np.full((480, 640), np.nan),
        np.where(np.arange(640) % 2, np.nan, np.linspace(0, 1, 640)) * np.ones((480, 1)),
    ],
    ids=["0", "255", "int8", "uint64", "flat", "nan", "half nan"],
)
def test_flat_and_undefined_images_can_carry_a_counter(image):
    """A camera with its shutter closed sends numbered images too."""
    paint_counter(image, 1234)
    corner = image[:64, :128]
    picture = np.zeros(image.shape, np.uint8)
    picture[:64, :128] = np.where(corner == corner.max(), 255, 0)

    assert read_counter(picture) == 1234


def test_picture_without_counter_reads_as_none():
    """Neither the beam, nor noise, nor slopes, nor a flat picture show a number."""
    random = np.random.default_rng(1)
    slope = np.tile(np.linspace(0, 255, 640).astype(np.uint8), (480, 1))
    pictures = [
        shown(Beam(seed=1).values(0)["image"]),
        np.zeros((480, 640), np.uint8),
        np.zeros((480, 640, 3), np.uint8),
        np.zeros((10, 640), np.uint8),
        np.zeros((5, 5), np.uint8),
        slope,
        np.tile(slope[:, :40], (1, 16)),
        *(random.integers(0, 256, (48, 64), np.uint8) for _ in range(300)),
        *(cv2.resize(random.integers(0, 256, (30, 40), np.uint8), (640, 480)) for _ in range(300)),
    ]

    assert [read_counter(picture) for picture in pictures] == [None] * len(pictures)


def test_one_wrong_cell_is_noticed():
    """The checksum refuses a counter with any single cell flipped."""
    image = np.zeros((480, 640), np.uint8)
    image[-1, -1] = 255
    paint_counter(image, 0xC0FFEE)
    assert read_counter(image) == 0xC0FFEE
    for cell in range(32):
        damaged = image.copy()
        top, left = 16 * (cell // 8), 16 * (cell % 8)
        damaged[top : top + 16, left : left + 16] ^= 255
        assert read_counter(damaged) is None


def test_half_of_each_of_two_counters_is_noticed():
    """A picture torn between two frames has no number."""
    upper, lower = (Beam(counter=True, seed=1).values(number)["image"] for number in (0x111111, 0x2E2E2E))
    torn = np.concatenate([upper[:32], lower[32:]])

    assert read_counter(shown(torn)) is None


def test_cells_are_never_all_alike():
    """Each number has a white and a black cell, without which there would be nothing to compare."""
    for number in [0, 0xFFFFFF, *(1 << bit for bit in range(24))]:
        assert set(_bits(number)) == {0, 1}


def test_checksum_is_the_one_of_the_book():
    """CRC-8/ROHC's check value (reveng's catalogue) is 0xD0 for the nine digits."""
    assert _crc8(b"123456789") == 0xD0


@pytest.mark.parametrize("shape", [(480, 159), (10, 640), (1, 1)])
def test_too_small_an_image_is_refused(shape):
    """Better no counter than one that cannot be read."""
    with pytest.raises(CounterError, match=f"{shape[1]}x{shape[0]} pixels"):
        paint_counter(np.zeros(shape), 1)
