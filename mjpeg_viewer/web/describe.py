"""What is known of a camera, as JSON has it."""

from dataclasses import asdict

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.status import Status


def describe_status(status: Status) -> dict[str, object]:
    """Return a status: its word, whether fresh pictures can be expected, why not, and since when."""
    return {"status": status.state, "online": status.online, "reason": status.reason, "since": status.since}


def describe_camera(camera: Camera) -> dict[str, object]:
    """Return status, source and counters."""
    intake = camera.source.intake
    return {
        **describe_status(camera.status),
        "source": camera.source.address,
        "connected": intake.connected,
        "last_message": intake.last,
        "received": intake.received,
        **asdict(camera.count()),
        "undecodable_by_kind": dict(camera.troubles.counts),
        "background": describe_background(camera),
    }


def describe_background(camera: Camera) -> dict[str, object]:
    """Return when and of what the background was captured; or nulls, and the reason why there is none."""
    keeper = camera.background
    held = keeper.held
    return {
        "captured": held and held.captured,
        "frames": held and held.frames,
        "shape": held and held.mean.shape,
        "dtype": held and held.dtype.name,
        "reason": "" if held else keeper.reason,
    }
