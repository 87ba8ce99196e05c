"""Measures of the picture as metadata: for whom, from where, at what price."""

import asyncio

import numpy as np
import pytest

from mjpeg_viewer import calibration as calibration_module
from mjpeg_viewer.calibration import Calibration
from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging import MEASURES, Analysis, analyse
from mjpeg_viewer.simulator import Beam, Simulator
from tests.kit import Event, Site, receiving, run_site

PLACED = ("x_center_of_mass", "y_center_of_mass", "x_rms", "y_rms", "x_fwhm", "y_fwhm")

EVENTS = "/cameras/beam/events"


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[Analysis]:
    """Every analysis that the server makes."""
    made: list[Analysis] = []

    def note(image: Image, saturation: float | None, sent: Image) -> Analysis:
        made.append(analyse(image, saturation, sent))
        return made[-1]

    monkeypatch.setattr(calibration_module, "analyse", note)
    return made


async def take(site: Site, simulator: Simulator, query: str) -> Event:
    """Send one image; return the event about it."""
    async with site.events(EVENTS + query) as events:
        await site.until_watched()
        simulator.send()
        return await events.take("frame")


async def test_measures_come_by_name(site: Site, beam: Simulator):
    """What the stream does not have is computed from the very picture, and stands among the values with its unit."""
    event = await take(site, beam, f"?channels=beam_energy,{','.join(MEASURES)},nothing")
    image = np.asarray(Beam(320, 240, "uint16", counter=True, seed=1).values(int(event.id))["image"])
    expected = {name: np.asarray(value).tolist() for name, value in analyse(image).items()}
    values = event.data["values"]
    assert set(values) == {"beam_energy", "nothing", *MEASURES}
    assert {name: values[name] for name in MEASURES} == expected
    assert event.data["units"] == dict.fromkeys(PLACED, "px")
    assert "errors" not in event.data


async def test_star_is_all_that_is_not_large(site: Site, beam: Simulator, analysed: list[Analysis]):
    """* alone is what one gets without asking; beside it names are added, once, in the order of the stream."""
    without = await take(site, beam, "")
    assert (await take(site, beam, "?channels=*")).data["values"].keys() == without.data["values"].keys()
    assert "units" not in without.data
    assert analysed == []
    names = list(without.data["values"])
    event = await take(site, beam, "?channels=*,x_fwhm,beam_energy,y_fwhm")
    assert list(event.data["values"]) == [*names, "x_fwhm", "y_fwhm"]
    assert event.data["values"]["x_fwhm"] > 10
    assert list(event.data["units"]) == ["x_fwhm", "y_fwhm"]


async def test_one_analysis_serves_all_who_ask(site: Site, beam: Simulator, analysed: list[Analysis]):
    """Different selections are different events, and one analysis of each frame."""
    camera = site.cameras["beam"]
    async with (
        site.events(f"{EVENTS}?channels=x_rms") as one,
        site.events(f"{EVENTS}?channels=*,x_rms,max_value") as two,
        site.events(f"{EVENTS}?channels=x_rms,y_rms") as three,
    ):
        await site.until_watched(viewers=3)
        for count in (1, 2, 3):
            beam.send()
            told = [(await events.take("frame")).data["values"]["x_rms"] for events in (one, two, three)]
            assert told == [told[0]] * 3
            assert len(analysed) == count
    assert camera.encoded == 9


async def test_calibrated_camera_tells_units():
    """Centre and widths are in the unit that the configuration names, and the event says which."""
    calibration = Calibration(x=0.01, y=0.02, origin=(160, 120), unit="mm", saturation=2000)
    camera = Beam(320, 240, "uint16", seed=1)
    with Simulator(Beam(320, 240, "uint16", seed=1), start_pulse_id=1) as simulator:
        async with run_site({"beam": simulator.url}, calibration=calibration) as site:
            await receiving(simulator)
            event = await take(site, simulator, "?channels=x_center_of_mass,y_rms,saturated")
    truth, image = camera.spot(1), np.asarray(camera.values(1)["image"])
    values = event.data["values"]
    assert values["x_center_of_mass"] == pytest.approx(0.01 * (truth.x - 160), abs=0.002)
    assert values["y_rms"] == pytest.approx(0.02 * truth.y_sigma, rel=0.01)
    assert values["saturated"] == (image >= 2000).sum() > 0
    assert event.data["units"] == {"x_center_of_mass": "mm", "y_rms": "mm"}


class Analysed:
    """A pipeline that measures some things itself, in its own way."""

    def values(self, number: int, delay: float) -> dict[str, object]:
        """The same channels each time."""
        return {
            "image": np.asarray(Beam(64, 48, "uint16", seed=1).values(number)["image"]),
            "x_fwhm": 42.0,
            "y_profile": np.array([1, 2, 3], np.int64),
            "x_axis": np.linspace(-32, 31, 64, dtype=np.float32) * 10,
        }


async def test_what_the_stream_measured_is_passed_on(analysed: list[Analysis]):
    """The stream's own value wins, even where ours would differ, and costs no look at the picture."""
    with Simulator(Analysed()) as simulator:
        async with run_site({"beam": simulator.url}) as site:
            await receiving(simulator)
            event = await take(site, simulator, "?channels=x_fwhm,y_profile")
            assert event.data["values"] == {"x_fwhm": 42.0, "y_profile": [1, 2, 3]}
            assert "units" not in event.data
            assert analysed == []
            event = await take(site, simulator, "?channels=x_fwhm,x_rms,y_rms")
    assert event.data["values"]["x_fwhm"] == 42.0
    assert event.data["values"]["x_rms"] == pytest.approx(10 * analysed[0]["x_rms"], rel=1e-6)
    assert event.data["units"] == {"y_rms": "px"}
    assert len(analysed) == 1


async def test_stream_without_a_picture_says_that_it_has_none():
    """There is nothing to measure, and the reason names what was looked for."""

    class Blind:
        def values(self, number: int, delay: float) -> dict[str, object]:
            return {"energy": 1.5}

    with Simulator(Blind()) as simulator:
        async with run_site({"beam": simulator.url}) as site:
            await receiving(simulator)
            data = (await take(site, simulator, "?channels=energy,x_rms")).data
    assert data["values"] == {"energy": 1.5, "x_rms": None}
    assert "no channel is a picture" in data["errors"]["x_rms"]


async def test_measures_follow_the_picture(site: Site, beam: Simulator):
    """Each event measures its own frame, never an earlier one."""
    camera = Beam(320, 240, "uint16", counter=True, seed=1)
    async with asyncio.timeout(60), site.events(f"{EVENTS}?channels=intensity") as events:
        await site.until_watched()
        for _ in range(5):
            beam.send()
            event = await events.take("frame")
            image = np.asarray(camera.values(int(event.id))["image"])
            assert event.data["values"]["intensity"] == image.sum(dtype=np.int64)
