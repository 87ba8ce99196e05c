"""From the configuration to the outer doors: TLS, trusted proxies, sites that embed, single sign-on."""

import logging
from pathlib import Path

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.exposure import SECRET_OF_GROUP, refuse_exposure
from mjpeg_viewer.settings import OidcSettings, Settings
from mjpeg_viewer.web.access import Access
from mjpeg_viewer.web.entrance import ConnectionLimits, Entrance
from mjpeg_viewer.web.forwarded import Proxies
from mjpeg_viewer.web.oidc import Provider
from mjpeg_viewer.web.outside import Outside
from mjpeg_viewer.web.tls import Certificate

_log = logging.getLogger(__name__)


class OuterDoors:
    """
    What the configuration says of the outer doors.

    Args:
        settings: The configuration.

    Raises:
        ConfigurationError: What was asked for is not possible; names the key.

    Attributes:
        outside: What stands around the server.
        connections: How many there may be.
        tls: With what connections are encrypted; None for plain HTTP.
        vouchers: Who may vouch for users, and what tells whether one of theirs may still watch.
    """

    def __init__(self, settings: Settings) -> None:
        server = settings.server
        self._certificate = _make_certificate(server.tls_certificate, server.tls_key)
        self.tls = None if self._certificate is None else self._certificate.load()
        self.connections = ConnectionLimits(server.connections, server.connections_per_address)
        provider = None if settings.oidc is None else _make_provider(settings.oidc, settings)
        proxies = Proxies(server.trusted_proxies, server.user_header)
        self.outside = Outside(proxies, server.embed_origins, provider, self.tls is not None)
        self.vouchers = self.outside.find_vouchers()

    def renew(self, entrance: Entrance) -> None:
        """Read the certificate again.  One that is no good is logged, and the old one stays."""
        if self._certificate is None:
            _log.info("told to reload; there is no certificate, and nothing else that a restart does not take up")
            return
        try:
            entrance.tls = self._certificate.load()
        except ConfigurationError as error:
            _log.error("%s; the certificate stays as it was", error)


def find_entry(settings: Settings) -> str | None:
    """Return by what people can log in, as the configuration has it; None if nobody can."""
    if settings.server.users is not None:
        return "the users file"
    if settings.oidc is not None:
        return "[oidc]"
    return None if settings.server.user_header is None else "server.user_header"


def _make_certificate(chain: str | None, key: str | None) -> Certificate | None:
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        missing, given = ("tls_certificate", "tls_key") if chain is None else ("tls_key", "tls_certificate")
        raise ConfigurationError(f"server.{missing}: missing, but server.{given} is there; TLS needs both")
    return Certificate(Path(chain), Path(key))


def _make_provider(oidc: OidcSettings, settings: Settings) -> Provider:
    try:
        from mjpeg_viewer.web.id_tokens import check_id_token
    except ImportError:
        raise ConfigurationError("[oidc] needs joserfc; type: pip install 'mjpeg-viewer[oidc]'") from None
    noted = frozenset[str]().union(*settings.allowed_groups().values())
    users, groups = frozenset(oidc.users), frozenset(oidc.groups)
    return Provider(
        oidc.issuer,
        oidc.client_id,
        None if oidc.client_secret_file is None else _read_secret(Path(oidc.client_secret_file)),
        oidc.scopes,
        Access(users, groups, oidc.user_claim, oidc.groups_claim, noted),
        oidc.session_hours * 3600,
        check_id_token,
        oidc.name,
    )


def _read_secret(path: Path) -> str:
    key = "oidc.client_secret_file"
    refuse_exposure(key, path, SECRET_OF_GROUP)
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no text"
        raise ConfigurationError(f"{key}: {path}: {reason}") from None
    if not secret:
        raise ConfigurationError(f"{key}: {path} is empty")
    return secret
