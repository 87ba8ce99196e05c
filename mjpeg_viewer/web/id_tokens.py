"""
ID tokens, proved: of this provider, for this program, from this login, and in time (OpenID Connect Core 3.1.3.7).

The only module that needs the extra ``oidc``.
"""

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mjpeg_viewer.errors import SignOnError

# Signatures by keys that the provider publishes; neither "none" nor HMAC, whose key two would know.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]

# Seconds by which the clocks of two machines may differ.
_LEEWAY = 60


def check_id_token(token: str, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """
    Return the claims of an ID token.

    Args:
        token: As the provider sent it.
        keys: The provider's published keys, a JSON Web Key Set.
        issuer: The provider.
        client_id: For whom it must be.
        nonce: What was sent along when this login began.

    Raises:
        SignOnError: It proves nothing; the text says why.
    """
    registry = jwt.JWTClaimsRegistry(
        leeway=_LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )
    try:
        key_set = KeySet.import_key_set({"keys": [*keys["keys"]]})
        claims: dict[str, Any] = jwt.decode(token, key_set, algorithms=_ALGORITHMS).claims
        registry.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise SignOnError(f"the provider's ID token proves nothing: {str(error) or type(error).__name__}") from None
    if claims.get("azp", client_id) != client_id:
        raise SignOnError("the provider's ID token is for another program")
    if not isinstance(claims["sub"], str):
        raise SignOnError("the provider's ID token names nobody")
    return claims
