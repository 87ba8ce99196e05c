"""A camera that is received only while somebody watches."""

from mjpeg_viewer import reception
from mjpeg_viewer.simulator import Simulator
from tests.kit import receiving, run_site, until


async def test_camera_on_demand_is_connected_only_while_watched(beam: Simulator, monkeypatch):
    """Idle without a connection; connected with the first viewer, live with its first frame, idle after the last."""
    monkeypatch.setattr(reception, "_LINGER", 0.05)
    async with run_site({"beam": beam.url}, on_demand=True) as site:
        camera = site.cameras["beam"]
        await until(lambda: camera.status.state == "idle")
        assert beam.connected is False
        for number in (1, 2):
            async with site.pictures() as pictures:
                await receiving(beam)
                beam.send()
                assert (await pictures.take()).number == number
                assert camera.status.state == "live"
            await until(lambda: camera.status.state == "idle")
            assert camera.status.reason == "received only while somebody watches"
            await until(lambda: not beam.connected)


async def test_reload_finds_the_camera_on_demand_still_connected(beam: Simulator):
    """A viewer that comes within seconds of the last one's leaving costs no new connection."""
    async with run_site({"beam": beam.url}, on_demand=True) as site:
        async with site.pictures() as pictures:
            await receiving(beam)
            beam.send()
            await pictures.take()
        await until(lambda: not site.cameras["beam"].watched)
        async with site.pictures() as pictures:
            beam.send()
            assert (await pictures.take()).number == 2
            assert site.cameras["beam"].source.intake.received == 2
