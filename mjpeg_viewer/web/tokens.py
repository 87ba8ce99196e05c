"""
Tokens: what opens one camera to whoever has the address, until it expires or is revoked.

A token is an id and a signature over all that it allows.  What it allows stands in a file beside the users file, under
the same id: so whoever reads the file can make no token of it, whoever writes it can make none say more than it was
signed for, and a token that does not stand there is void.
"""

import logging
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from mjpeg_viewer.errors import ConfigurationError, ViewerError
from mjpeg_viewer.exposure import find_exposure
from mjpeg_viewer.replacing import replace_file
from mjpeg_viewer.rereading import RereadFile
from mjpeg_viewer.web.keyring import KeyRing

_log = logging.getLogger(__name__)

# A mark of their own, by which logs and those who search for leaked secrets know them.
MARK = "mvt_"

_TEXT = re.compile(MARK + r"([A-Za-z0-9_-]{16})([A-Za-z0-9_-]{43})")

_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=10**11)]


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What a token allows; not the token itself.

    Args:
        name: What people call it.
        camera: The only camera that it opens.
        id: Sixteen characters, which stand in the token too.
        created: When it was made, in seconds since the epoch, as are the others.
        expires: When it ends by itself.
        revoked: When it was revoked; None if it was not.
    """

    name: _Name
    camera: str
    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16}\Z")]
    created: _Seconds
    expires: _Seconds
    revoked: _Seconds | None = None

    @property
    def state(self) -> str:
        """In a word, whether it opens anything: valid, expired or revoked."""
        if self.revoked is not None:
            return "revoked"
        return "valid" if self.expires > time.time() else "expired"

    def signed_text(self) -> bytes:
        """Return what is signed: all that a token allows, and what it is for."""
        return msgspec.json.encode(["token", self.id, self.name, self.camera, self.expires])


def make_token(name: str, camera: str, seconds: int, keys: KeyRing) -> tuple[Token, str]:
    """
    Make a token that holds for so many seconds.

    Returns:
        What it allows, to be listed; and the token itself, which nobody can find out again.

    Raises:
        ViewerError: It cannot be called so.
    """
    now = int(time.time())
    token = Token(name, camera, secrets.token_urlsafe(12), now, now + seconds)
    try:
        msgspec.convert(msgspec.to_builtins(token), Token)
    except msgspec.ValidationError:
        raise ViewerError(
            f"token name {name!r}: expected 1 to 64 letters, digits, '.', '_' and '-', a letter or digit first"
        ) from None
    return token, MARK + token.id + keys.sign(token.signed_text())


def read_tokens(path: Path) -> list[Token]:
    """
    Read the list of tokens; a file that is not there is an empty list.

    Raises:
        ConfigurationError: It cannot be read, others can write it, or it is no such list.
    """
    try:
        text = path.read_bytes()
        exposure = find_exposure(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigurationError(f"tokens file {path}: {error.strerror}") from None
    if exposure is not None:
        raise ConfigurationError(f"tokens file {path}: {exposure}")
    try:
        return msgspec.json.decode(text, type=list[Token])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"tokens file {path}: {error}; remove it, and all tokens are void") from None


def write_tokens(path: Path, tokens: Iterable[Token], like: Path | None) -> None:
    """
    Replace the list of tokens.

    Args:
        path: The file.
        tokens: All of them.
        like: The users file, whose mode and owner a new file gets: whoever may read the one may read the other.
    """
    try:
        replace_file(path, msgspec.json.format(msgspec.json.encode(list(tokens)), indent=1).decode() + "\n", like)
    except OSError as error:
        raise ViewerError(f"tokens file {path}: {error.strerror}") from None


class Tokens(RereadFile[Mapping[str, Token]]):
    """
    The tokens of a file, read anew when it changes.

    Args:
        path: The file; it need not be there.
        keys: What they are signed with.

    Raises:
        ConfigurationError: As for read_tokens.
    """

    def __init__(self, path: Path, keys: KeyRing) -> None:
        super().__init__(path, "tokens")
        self._keys = keys
        self._complained: set[str] = set()

    def find(self, text: str) -> Token | None:
        """Return what a token allows, be it valid or not any more; None if it is none of ours."""
        found = _TEXT.fullmatch(text)
        token = None if found is None else self.get_content().get(found[1])
        if found is None or token is None:
            return None
        if self._keys.verifies(token.signed_text(), found[2]):
            return token
        # Nobody guesses an id of 96 bits: this one was made here, of another key, or the file was changed by hand.
        if token.id not in self._complained:
            self._complained.add(token.id)
            _log.warning("token %s: refused, for it is not signed by a key of this server; make it anew", token.name)
        return None

    def holds(self, key: str) -> bool:
        """Tell whether the token of this id still opens its camera."""
        token = self.get_content().get(key)
        return token is not None and token.state == "valid"

    def _read(self) -> Mapping[str, Token]:
        return {token.id: token for token in read_tokens(self._path)}
