"""Which cameras somebody may see, without HTTP."""

from collections.abc import Iterable, Mapping

from mjpeg_viewer.web.logins import Identity


class Rights:
    """
    Tells who may see which camera.

    Args:
        allowed: The users who may, by camera; everybody who was let in may see a camera that does not stand in it.
    """

    def __init__(self, allowed: Mapping[str, Iterable[str]] | None = None) -> None:
        self._allowed = {camera: frozenset(users) for camera, users in (allowed or {}).items()}

    def allow(self, identity: Identity, camera: str) -> bool:
        """Tell whether somebody may see the camera of this name."""
        if identity.camera is not None:
            return identity.camera == camera
        allowed = self._allowed.get(camera)
        return allowed is None or identity.user in allowed
