"""Which cameras somebody may see, without HTTP."""

from collections.abc import Collection, Iterable, Mapping

from mjpeg_viewer.web.logins import PROXY, Identity

_Lists = Mapping[str, Iterable[str]]


class Rights:
    """
    Tells who may see which camera.

    The same name is another person where another vouches for it: who is listed as a user of ours is not by that the one
    whom an OpenID Connect provider calls so.

    Args:
        users: The users who may, by camera: those of the users file, and those whom a trusted proxy names.  Everybody
            who was let in may see a camera that does not stand in it.
        provider_users: The users of the OpenID Connect provider who may, by camera.
        provider_groups: The groups of that provider whose members may, by camera.
    """

    def __init__(
        self, users: _Lists | None = None, provider_users: _Lists | None = None, provider_groups: _Lists | None = None
    ) -> None:
        self._users = _freeze(users)
        self._provider_users = _freeze(provider_users)
        self._provider_groups = _freeze(provider_groups)

    def allow(self, identity: Identity, camera: str) -> bool:
        """Tell whether somebody may see the camera of this name."""
        if identity.camera is not None:
            return identity.camera == camera
        if camera not in self._users:
            return True
        if identity.provider in ("", PROXY):
            return identity.user in self._users[camera]
        users, groups = self._provider_users.get(camera, ()), self._provider_groups.get(camera, ())
        return identity.user in users or any(group in groups for group in identity.groups)


def _freeze(lists: _Lists | None) -> Mapping[str, Collection[str]]:
    return {camera: frozenset(names) for camera, names in (lists or {}).items()}
