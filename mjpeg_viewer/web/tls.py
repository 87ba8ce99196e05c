"""TLS of our own: a certificate and its key to what connections are encrypted with."""

import logging
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.exposure import SECRET_OF_GROUP, refuse_exposure

_log = logging.getLogger(__name__)

# What Mozilla's "intermediate" configuration has for TLS 1.2 (https://wiki.mozilla.org/Security/Server_Side_TLS), but
# for DHE, which no browser speaks any more; all of TLS 1.3 is good.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


@dataclass(frozen=True, slots=True)
class Certificate:
    """
    Where a certificate is.

    Args:
        chain: A PEM file with the certificate and those between it and the authority's, in this order.
        key: A PEM file with its private key, without a password.
    """

    chain: Path
    key: Path

    def load(self) -> ssl.SSLContext:
        """
        Read both files.

        Raises:
            ConfigurationError: Names the key of the configuration, the file, and what is wrong with it.
        """
        refuse_exposure("server.tls_key", self.key, SECRET_OF_GROUP)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        context.set_alpn_protocols(["http/1.1"])
        try:
            leaf = x509.load_pem_x509_certificates(self.chain.read_bytes())[0]
        except OSError as error:
            raise ConfigurationError(f"server.tls_certificate: {self.chain}: {error.strerror}") from None
        except ValueError:
            raise ConfigurationError(
                f"server.tls_certificate: {self.chain} holds no certificate; expected PEM, with its chain"
            ) from None
        try:
            # Without the function OpenSSL would ask for the password at the terminal, which a service has not.
            context.load_cert_chain(self.chain, self.key, password=_refuse_password)
        except ssl.SSLError as error:
            reason = (error.reason or str(error)).lower().replace("_", " ")
            raise ConfigurationError(
                f"server.tls_key: {self.key}: {reason}; expected the key of {self.chain}, as PEM"
            ) from None
        except OSError as error:
            raise ConfigurationError(f"server.tls_key: {self.key}: {error.strerror}") from None
        _tell_of(self.chain, leaf)
        return context


def _refuse_password() -> str:
    raise ConfigurationError(
        "server.tls_key: the key is locked by a password, which nobody is there to type; unlock it with: openssl pkey"
    )


def _tell_of(path: Path, leaf: x509.Certificate) -> None:
    names: list[str] = []
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
            x509.DNSName
        )
    except (x509.ExtensionNotFound, ValueError):
        _log.warning("%s names no host, so browsers will not take it (no subjectAltName)", path)
    ends = leaf.not_valid_after_utc
    if ends < datetime.now(UTC):
        _log.warning("%s ended on %s; browsers will not take it", path, f"{ends:%Y-%m-%d %H:%M} UTC")
    else:
        _log.info("%s is for %s, until %s", path, ", ".join(names) or "no name", f"{ends:%Y-%m-%d %H:%M} UTC")
