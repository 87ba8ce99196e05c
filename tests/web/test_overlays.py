"""Overlays in the pictures that viewers are sent."""

import numpy as np

from mjpeg_viewer.simulator import Simulator
from tests.kit import Site

STREAM = "/cameras/beam/stream.mjpg?quality=95"


async def test_overlays_are_in_the_pictures_of_those_who_ask(site: Site, beam: Simulator):
    """And of nobody else: the same frame, with time above and a crosshair at the centre of the image, and without."""
    async with (
        site.pictures(STREAM) as plain,
        site.pictures(f"{STREAM}&overlay=crosshair") as aimed,
        site.pictures(f"{STREAM}&overlay=time") as timed,
        site.pictures(f"{STREAM}&overlay=crosshair&roi=0,0,160,240") as outside,
    ):
        beam.send()
        before, cross, time, part = [(await each.take()).pixels.astype(int) for each in (plain, aimed, timed, outside)]
    assert before.shape == cross.shape == (240, 320)
    changed = np.abs(cross - before) > 60
    rows, columns = np.nonzero(changed)
    # White on the two middle lines, dark beside them.
    assert changed[119:121].mean() > 0.5
    assert changed[:, 159:161].mean() > 0.5
    assert {*rows[columns < 150]} <= {*range(116, 124)}
    assert {*columns[rows < 100]} <= {*range(156, 164)}
    assert np.abs(time - before)[:60].max() > 100
    assert np.abs(time - before)[100:].max() < 30
    assert (np.abs(part - before[:, :160]) > 60)[:, :150].any(axis=1).sum() <= 8
