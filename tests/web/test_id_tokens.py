"""ID tokens: each claim and each signature counts."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from mjpeg_viewer.errors import SignOnError
from mjpeg_viewer.web.id_tokens import check_id_token

ISSUER, CLIENT, NONCE = "https://sso.example", "viewer", "a nonce"
KEY = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = RSAKey.generate_key(2048, {"kid": "one"})
CURVE = ECKey.generate_key("P-256", {"kid": "two"})
KEYS = {"keys": [KEY.as_dict(private=False), CURVE.as_dict(private=False)]}


def make_claims(**changes: Any) -> dict[str, Any]:
    """Good claims, but for these; None leaves one out, and times are seconds from now."""
    good = {"iss": ISSUER, "aud": CLIENT, "nonce": NONCE, "exp": 60, "iat": 0, "sub": "sub-ada"}
    claims = {key: value for key, value in {**good, **changes}.items() if value is not None}
    for key in ("exp", "iat", "nbf"):
        if isinstance(claims.get(key), int):
            claims[key] += int(time.time())
    return claims


def make_token(key: Any = KEY, algorithm: str = "RS256", kid: str = "one", **changes: Any) -> str:
    """Sign such claims."""
    return jwt.encode({"alg": algorithm, "kid": kid}, make_claims(**changes), key, [algorithm])


def encode(part: dict[str, Any] | bytes) -> str:
    """Encode a part of a token by hand."""
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def check(token: str) -> dict[str, Any]:
    """Check a token as a login does."""
    return check_id_token(token, KEYS, ISSUER, CLIENT, NONCE)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"key": CURVE, "algorithm": "ES256", "kid": "two"},
        {"algorithm": "PS256"},
        {"aud": [CLIENT]},
        {"aud": ["another", CLIENT], "azp": CLIENT},
        {"exp": -30},  # clocks differ
    ],
)
def test_good_token_is_taken(options: dict[str, Any]):
    """Signed by a published key, of this issuer, for this program, from this login, in time."""
    assert check(make_token(**options))["sub"] == "sub-ada"


@pytest.mark.parametrize(
    "options",
    [
        {"key": OTHER},
        {"kid": "two"},
        {"kid": "three"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"iss": ISSUER + "/"},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"aud": ["another", CLIENT], "azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ""},
        {"exp": -120},
        {"exp": None},
        {"exp": "never"},
        {"iat": None},
        {"iat": 3600},
        {"nbf": 3600},
        {"sub": None},
        {"sub": 5},
        {"sub": ["sub-ada"]},
    ],
    ids=str,
)
def test_token_that_proves_nothing_is_refused(options: dict[str, Any]):
    """One claim or the signature is wrong: refused."""
    with pytest.raises(SignOnError):
        check(make_token(**options))


def test_signature_by_what_everybody_knows_is_refused():
    """Neither the public key as a shared secret, nor no signature at all, nor a signature taken away."""
    signed = f"{encode({'alg': 'HS256', 'kid': 'one'})}.{encode(make_claims())}"
    forged = f"{signed}.{encode(hmac.digest(KEY.as_pem(private=False), signed.encode(), 'sha256'))}"
    none = f"{encode({'alg': 'none'})}.{encode(make_claims())}."
    cut = make_token().rpartition(".")[0] + "."
    for token in (forged, none, cut, "", "a.b.c", "a.b", "é.b.c"):
        with pytest.raises(SignOnError):
            check(token)


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": [{}]}, {"keys": "x"}, {"keys": None}, {"keys": [5]}])
def test_keys_that_are_none_prove_nothing(keys: dict[str, Any]):
    """A provider that publishes rubbish is refused with a sentence, not with a traceback."""
    with pytest.raises(SignOnError):
        check_id_token(make_token(), keys, ISSUER, CLIENT, NONCE)
