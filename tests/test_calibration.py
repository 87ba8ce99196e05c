"""The analysis of a frame in its camera's units: which axis counts, what is refused, and how little is done."""

import gc
import threading
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest

from mjpeg_viewer import calibration as calibration_module
from mjpeg_viewer.calibration import Calibration, with_analysis
from mjpeg_viewer.errors import MessageError
from mjpeg_viewer.frame import Frame, Image, ImageInfo, Measure, Value
from mjpeg_viewer.imaging import MEASURES, Analysis, analyse
from mjpeg_viewer.simulator import Beam

IMAGE: Image = np.asarray(Beam(80, 60, "uint16", seed=2).values(0)["image"])
PIXELS = analyse(IMAGE)

PLACED = ("x_center_of_mass", "y_center_of_mass", "x_rms", "y_rms", "x_fwhm", "y_fwhm")


class Picture:
    """
    Stands where a message is decoded, and counts how often.

    Args:
        image: What is decoded.
        error: What decoding fails with, if it does.
        company: Waits there for another thread that decodes at the same time.
    """

    def __init__(
        self, image: Image = IMAGE, error: MessageError | None = None, company: threading.Barrier | None = None
    ) -> None:
        self.image = image
        self.error = error
        self.company = company
        self.decoded = 0

    def __call__(self) -> Image:
        """Return the image."""
        self.decoded += 1
        if self.company is not None:
            with suppress(threading.BrokenBarrierError):  # nobody came
                self.company.wait()
        if self.error is not None:
            raise MessageError(self.error.kind, self.error.detail)
        return self.image


def make_frame(
    values: Mapping[str, Value] | None = None, calibration: Calibration | None = None, picture: Picture | None = None
) -> Frame:
    """Return a frame of IMAGE as a camera publishes it."""
    picture = picture or Picture()
    height, width = picture.image.shape[:2]
    info = ImageInfo("image", width, height, picture.image.dtype.name)
    frame = Frame(1, 1, None, 0.0, values or {}, info, "", picture)
    return with_analysis(frame, calibration or Calibration())


def placed(frame: Frame) -> dict[str, Measure]:
    return {name: frame.analysis[name] for name in PLACED}


def expected(first: tuple[float, float], step: tuple[float, float], units: tuple[str | None, str | None]) -> object:
    """What PLACED should be, of the same measures in pixels."""
    values = {}
    for index, side in enumerate("xy"):
        centre, *widths = (float(np.asarray(PIXELS[f"{side}_{kind}"])) for kind in ("center_of_mass", "rms", "fwhm"))
        values[f"{side}_center_of_mass"] = first[index] + step[index] * centre, units[index]
        for kind, width in zip(("rms", "fwhm"), widths, strict=True):
            values[f"{side}_{kind}"] = abs(step[index]) * width, units[index]
    return {name: pytest.approx(value, rel=1e-6) for name, (value, _) in values.items()} | {
        f"{name} in": unit for name, (_, unit) in values.items()
    }


def flat(measures: Mapping[str, Measure]) -> dict[str, object]:
    values: dict[str, object] = {name: measure.value for name, measure in measures.items()}
    return values | {f"{name} in": measure.unit for name, measure in measures.items()}


X_AXIS = np.linspace(-20, 19.5, 80, dtype=np.float32)
Y_AXIS = -2.0 * np.arange(60) + 7

AXES = {
    "nothing is known": ({}, Calibration(), (0.0, 0.0), (1.0, 1.0), ("px", "px")),
    "both calibrated": (
        {},
        Calibration(x=0.5, y=-0.25, origin=(40, 30), unit="mm"),
        (-20.0, 7.5),
        (0.5, -0.25),
        ("mm", "mm"),
    ),
    "one calibrated": ({}, Calibration(x=3.5, unit="um"), (0.0, 0.0), (3.5, 1.0), ("um", "px")),
    "the stream has both axes": (
        {"x_axis": X_AXIS, "y_axis": Y_AXIS},
        Calibration(),
        (-20.0, 7.0),
        (0.5, -2.0),
        (None, None),
    ),
    "their unit is known": (
        {"x_axis": X_AXIS, "y_axis": Y_AXIS},
        Calibration(unit="um"),
        (-20.0, 7.0),
        (0.5, -2.0),
        ("um", "um"),
    ),
    "one is calibrated in spite of them": (
        {"x_axis": X_AXIS, "y_axis": Y_AXIS},
        Calibration(x=2.0, origin=(1, 5), unit="um"),
        (-2.0, 7.0),
        (2.0, -2.0),
        ("um", "um"),
    ),
    "the stream has one": ({"y_axis": Y_AXIS.astype(">i4")}, Calibration(), (0.0, 7.0), (1.0, -2.0), ("px", None)),
}


@pytest.mark.parametrize(("values", "calibration", "first", "step", "units"), AXES.values(), ids=AXES)
def test_places_and_widths_are_in_the_axis_units(
    values: dict[str, Value],
    calibration: Calibration,
    first: tuple[float, float],
    step: tuple[float, float],
    units: tuple[str | None, str | None],
):
    """Calibration first, then the stream's own axis, then pixels; each axis by itself, the unit beside the number."""
    assert flat(placed(make_frame(values, calibration))) == expected(first, step, units)


def test_brightness_has_no_unit_of_length():
    """Profiles, sums and pixel values are the same, whatever the axes are."""
    frame = make_frame({"x_axis": X_AXIS}, Calibration(y=0.5, unit="mm", saturation=1000))
    for name in set(MEASURES) - set(PLACED) - {"saturated"}:
        value, unit = frame.analysis[name]
        np.testing.assert_array_equal(value, PIXELS[name])
        assert unit is None
    assert frame.analysis["saturated"].value == np.count_nonzero(IMAGE.astype(int) >= 1000) > 0


BAD_AXES = {
    "too short": (np.arange(79.0), "channel 'x_axis' has 79 values for 80 pixels"),
    "a number": (1.5, "channel 'x_axis' has 1 values for 80 pixels"),
    "empty in this message": (None, "channel 'x_axis' is no list of numbers in this message"),
    "a text": ("0..80", "channel 'x_axis' is no list of numbers in this message"),
    "a picture": (np.zeros((80, 2)), "channel 'x_axis' is no list of numbers in this message"),
    "one place": (np.zeros(80), "channel 'x_axis' is not evenly spaced"),
    "ever wider": (np.arange(80.0) ** 2, "channel 'x_axis' is not evenly spaced"),
    "to and fro": (np.arange(80.0) + np.arange(80) % 2, "channel 'x_axis' is not evenly spaced"),
    "no number among them": (np.append(np.nan, np.arange(79.0)), "channel 'x_axis' is not evenly spaced"),
    "without end": (np.append(np.arange(79.0), np.inf), "channel 'x_axis' is not evenly spaced"),
}


@pytest.mark.parametrize(("axis", "reason"), BAD_AXES.values(), ids=BAD_AXES)
def test_axis_that_is_none_is_no_pixel_axis(axis: Value, reason: str):
    """Whoever expects millimetres must not be given pixels: there is no number, but a reason."""
    frame = make_frame({"x_axis": axis})
    for _ in range(2):
        for name in PLACED:
            if name.startswith("y"):
                assert frame.analysis[name].unit == "px"
            else:
                with pytest.raises(MessageError) as caught:
                    frame.analysis[name]
                assert reason in str(caught.value)
    assert frame.analysis["x_profile"].value is not None


def test_axes_are_told_without_a_look_at_the_picture():
    """Where the first pixel lies and how far the next is, in the axis' units; else in pixels."""
    names = ("x_first", "x_step", "y_first", "y_step")
    frame = make_frame({}, Calibration(x=0.5, origin=(100, 60), unit="mm"), Picture(error=MessageError("lz4", "bad")))
    mm = [Measure(-50.0, "mm"), Measure(0.5, "mm")]
    assert [frame.analysis[name] for name in names] == [*mm, Measure(0.0, "px"), Measure(1.0, "px")]


def test_picture_of_one_column_takes_an_axis_of_one():
    """bsread makes a scalar of an array of one; without width there is no spot, and no error either."""
    frame = make_frame({"x_axis": 3.5}, picture=Picture(IMAGE[:, :1]))
    assert frame.analysis["x_center_of_mass"] == Measure(None, None)


def test_picture_without_a_spot_has_no_place():
    """A dark picture is nowhere, in any unit."""
    frame = make_frame({}, Calibration(x=1.0, origin=(5, 5), unit="mm"), Picture(np.zeros((4, 6))))
    assert {measure.value for measure in placed(frame).values()} == {None}


def test_all_who_ask_share_one_analysis(monkeypatch: pytest.MonkeyPatch):
    """Eight threads at once cost one decoded picture and one analysis; nobody who asks costs none."""
    analyses: list[Analysis] = []

    def analyse_once(image: Image, saturation: float | None, sent: Image) -> Analysis:
        analyses.append(analyse(image, saturation, sent))
        return analyses[-1]

    monkeypatch.setattr(calibration_module, "analyse", analyse_once)
    picture = Picture(company=threading.Barrier(2, timeout=0.2))
    frame = make_frame(picture=picture)
    assert list(frame.analysis)[: len(MEASURES)] == list(MEASURES)
    assert "x_rms" in frame.analysis
    assert frame.analysis.get("x_ray") is None
    assert (picture.decoded, analyses) == (0, [])
    together = threading.Barrier(8)

    def ask(_: int) -> list[Value]:
        together.wait()
        return [frame.analysis[name].value for name in PLACED]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    assert answers == [[PIXELS[name] for name in PLACED]] * 8
    assert (picture.decoded, len(analyses)) == (1, 1)


def test_picture_that_cannot_be_decoded_is_tried_once_and_let_go():
    """Each measure says why there is none; a failed picture is not kept until the collector comes."""
    picture = Picture(error=MessageError("bitshuffle", "no good"))
    frame = make_frame(picture=picture)
    for name in MEASURES:
        with pytest.raises(MessageError, match="bitshuffle: no good"):
            frame.analysis[name]
    assert picture.decoded == 1
    gone = weakref.ref(picture)
    gc.disable()
    try:
        del frame, picture
        assert gone() is None
    finally:
        gc.enable()


def test_what_is_no_picture_says_so():
    """An array that no rule makes a picture of is a reason too."""
    frame = make_frame(picture=Picture(np.zeros((3, 4, 5))))
    with pytest.raises(MessageError, match=r"picture: an array of shape \[3, 4, 5\]"):
        frame.analysis["x_rms"]
