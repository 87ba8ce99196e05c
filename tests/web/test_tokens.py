"""Tokens: each opens one camera's pictures and events, until it expires or is revoked, and nothing else."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.rereading import RereadFile
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.keyring import KeyRing, make_keys
from mjpeg_viewer.web.tokens import MARK, Token, Tokens, make_token, read_tokens, write_tokens
from tests.kit import Site, basic, receiving, run_site, until
from tests.raw import PATIENCE
from tests.web.conftest import USERS
from tests.web.test_players import sending

BROWSER = {"User-Agent": "Mozilla/5.0", "Accept": "text/html"}
OTHER = "other"


@dataclass
class Door:
    """A server with one token."""

    site: Site
    path: Path
    token: Token
    text: str

    def write(self, *tokens: Token) -> None:
        """Replace the list of tokens."""
        write_tokens(self.path, tokens, None)

    async def ask(self, path: str, text: str | None = None, method: str = "GET", **headers: str) -> int:
        """The status of an answer to a token in the address."""
        where = f"{self.site.base}{path}{'&' if '?' in path else '?'}token={text or self.text}"
        async with self.site.session.request(method, where, headers=headers, allow_redirects=False) as response:
            return response.status


@pytest.fixture
async def door(beam: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """A server of two cameras where one must log in, and a token for one of them."""
    monkeypatch.setattr(RereadFile, "_LOOK_PERIOD", -1.0)
    monkeypatch.setattr("mjpeg_viewer.web.viewers._TICK", 0.02)
    keys = make_keys()
    token, text = make_token("wall", "beam", 3600, keys)
    path = tmp_path / "tokens"
    write_tokens(path, [token], None)
    cameras = {OTHER: "bsread+pull://127.0.0.1:9", "beam": beam.url}
    async with run_site(cameras, users=USERS, keys=keys, tokens=Tokens(path, keys)) as site:
        await receiving(beam)
        yield Door(site, path, token, text)


async def test_token_opens_stream_snapshots_and_events(door: Door, beam: Simulator, quiet):
    """In the address or as Bearer, a program sees live pictures and values, without a cookie."""
    bearer = {"Authorization": f"Bearer {door.text}"}
    for query, headers in ((f"?token={door.text}", {}), ("", bearer)):
        async with (
            door.site.pictures(f"/cameras/beam/stream.mjpg{query}", headers=headers) as pictures,
            door.site.events(f"/cameras/beam/events{query}", headers=headers) as events,
        ):
            await door.site.until_watched(viewers=2)
            beam.send()
            number = (await pictures.take()).number
            assert (await events.take("frame")).data["pulse_id"] == number
            assert "Set-Cookie" not in pictures.response.headers
        await until(lambda: not list(door.site.viewers))
    async with sending(beam):
        for form in ("jpg", "png", "npy"):
            assert await door.ask(f"/cameras/beam/snapshot.{form}") == 200


async def test_token_opens_nothing_else(door: Door):
    """Pages, state, all events, backgrounds and short addresses are closed to it; another camera does not exist."""
    for path in ("/", "/cameras/beam", "/state", "/events", "/stream.mjpg", "/snapshot.jpg", "/?action=stream"):
        assert await door.ask(path) == 401, path
    for method in ("GET", "POST", "DELETE"):
        assert await door.ask("/cameras/beam/background", method=method) == 401
    assert await door.ask("/cameras/beam/background.npy") == 401
    assert await door.ask("/logout", method="POST") == 401
    assert await door.ask("/cameras/beam/snapshot.jpg", method="POST") == 401
    for path in ("stream.mjpg", "snapshot.jpg", "events"):
        assert await door.ask(f"/cameras/{OTHER}/{path}") == 404
        assert await door.ask(f"/cameras/none/{path}") == 404


async def test_no_other_text_is_a_token(door: Door):
    """Each character counts; another key's signature, another id, and what is no token are refused alike."""
    foreign = make_token("wall", "beam", 3600, make_keys())[1]
    wrong = [foreign, "x", MARK, door.text[:-1], door.text + "A", door.text.upper(), foreign[:20] + door.text[20:]]
    for place in (0, 4, 19, 20, 40, len(door.text) - 1):
        other = "B" if door.text[place] == "A" else "A"
        wrong += [door.text[:place] + other + door.text[place + 1 :]]
    for text in wrong:
        assert await door.ask("/cameras/beam/stream.mjpg", text) == 401, text
    assert await door.ask("/cameras/beam/stream.mjpg", method="HEAD") == 200


@pytest.mark.parametrize(
    "change",
    [{"camera": OTHER}, {"expires": 10**11}, {"name": "wall2"}, {"id": "A" * 16}],
    ids=lambda change: str(change),
)
async def test_list_alone_makes_no_token(door: Door, change: dict[str, object], caplog: pytest.LogCaptureFixture):
    """What a token allows is signed: one of a list changed by hand opens nothing, and the log says so once."""
    assert await door.ask("/cameras/beam/stream.mjpg", method="HEAD") == 200
    door.write(msgspec.structs.replace(door.token, **change))
    text = door.text.replace(door.token.id, str(change.get("id", door.token.id)))
    with caplog.at_level(logging.WARNING):
        for camera in ("beam", OTHER):
            assert await door.ask(f"/cameras/{camera}/stream.mjpg", text, method="HEAD") == 401
    assert [record.getMessage() for record in caplog.records] == [
        f"token {change.get('name', 'wall')}: refused, for it is not signed by a key of this server; make it anew"
    ]
    assert text not in caplog.text


@pytest.mark.parametrize("end", ["revoked", "dropped", "file gone", "expired"])
async def test_end_of_a_token_ends_what_it_watches(
    door: Door, beam: Simulator, monkeypatch: pytest.MonkeyPatch, end: str, quiet
):
    """Open streams and events end by themselves when it is revoked or over, and others go on."""
    async with (
        door.site.pictures(f"/cameras/beam/stream.mjpg?token={door.text}") as pictures,
        door.site.events(f"/cameras/beam/events?token={door.text}") as events,
        door.site.pictures(headers=basic("ada", "right")) as others,
    ):
        await door.site.until_watched(viewers=3)
        match end:
            case "revoked":
                door.write(msgspec.structs.replace(door.token, revoked=int(time.time())))
            case "dropped":
                door.write()
            case "file gone":
                door.path.unlink()
            case "expired":
                later = SimpleNamespace(time=lambda: door.token.expires)
                monkeypatch.setattr("mjpeg_viewer.web.tokens.time", later)
        async with asyncio.timeout(PATIENCE):
            await pictures.response.content.read()
            await events.response.content.read()
        await until(lambda: len(list(door.site.viewers)) == 1)
        beam.send()
        assert (await others.take()).number == 1
    assert await door.ask("/cameras/beam/stream.mjpg", method="HEAD") == 401


def test_expired_token_is_known_as_such(monkeypatch: pytest.MonkeyPatch):
    """It holds until its second, and not in it."""
    token, _ = make_token("a", "beam", 60, make_keys())
    for now, state in ((token.created, "valid"), (token.expires - 1, "valid"), (token.expires, "expired")):
        monkeypatch.setattr("mjpeg_viewer.web.tokens.time", SimpleNamespace(time=lambda now=now: now))
        assert token.state == state


async def test_address_with_a_token_goes_nowhere(door: Door):
    """No answer to it is a Referer for others, and none leads a browser on to an address that has it."""
    for path in ("/cameras/beam/stream.mjpg", "/cameras/none/events", "/state", "/login", "/static/viewer.css", "/no"):
        for text in (door.text, "guessed"):
            for method in ("HEAD", "GET"):
                if (method, text, path) == ("GET", door.text, "/cameras/beam/stream.mjpg"):
                    continue
                where = f"{path}?token={text}"
                async with door.site.session.request(
                    method, door.site.base + where, headers=BROWSER, allow_redirects=False
                ) as response:
                    assert response.headers["Referrer-Policy"] == "no-referrer", where
                    assert "Location" not in response.headers, where
                    assert text not in await response.text(), where


async def test_state_names_the_token(door: Door):
    """Who looks at the state sees which token watches, and not the token."""
    async with (
        door.site.pictures(f"/cameras/beam/stream.mjpg?token={door.text}"),
        door.site.get("/state", headers=basic("ada", "right")) as response,
    ):
        body = await response.text()
    assert '"user":"token wall"' in body
    assert door.text[len(MARK) :][16:] not in body


async def test_token_made_later_opens_without_a_restart(door: Door, tmp_path: Path):
    """A list that is made while the server runs counts within a second."""
    keys = make_keys()
    path = tmp_path / "later"
    tokens = Tokens(path, keys)
    token, text = make_token("late", "beam", 60, keys)
    assert tokens.find(text) is None
    write_tokens(path, [token], None)
    assert tokens.find(text) == token


def test_older_keys_verify_and_the_first_signs(tmp_path: Path):
    """A token outlives the change of keys, until its key is taken from the ring."""
    old, new = make_key(), make_key()
    token, text = make_token("a", "beam", 60, KeyRing([old]))
    path = tmp_path / "tokens"
    write_tokens(path, [token], None)
    assert Tokens(path, KeyRing([new, old])).find(text) == token
    assert Tokens(path, KeyRing([new])).find(text) is None
    renewed, text = make_token("b", "beam", 60, KeyRing([new, old]))
    write_tokens(path, [renewed], None)
    assert Tokens(path, KeyRing([new])).find(text) == renewed


def make_key() -> bytes:
    """A Fernet key."""
    return KeyRing.generate_key()


def test_list_holds_no_secret(tmp_path: Path):
    """Who reads the file learns what there is, and nothing that opens it."""
    keys = make_keys()
    token, text = make_token("a", "beam", 60, keys)
    write_tokens(tmp_path / "tokens", [token], None)
    signature = text[len(MARK) + 16 :]
    assert len(signature) == 43
    assert signature not in (tmp_path / "tokens").read_text()
    assert (tmp_path / "tokens").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"half a li", "JSON is malformed"),
        (b"\xff", "JSON is malformed"),
        (b"{}", "Expected `array`, got `object`"),
        (b'[{"name": "a"}]', "missing required field `camera` - at `$[0]`"),
        (b'[{"name": "a\\n", "camera": "b", "id": "AAAAAAAAAAAAAAAA", "created": 1, "expires": 2}]', "at `$[0].name`"),
    ],
)
def test_list_that_is_none_is_refused(tmp_path: Path, content: bytes, found: str):
    """Who would serve with half a list might let a revoked token in."""
    path = tmp_path / "tokens"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_tokens(path)
    assert str(caught.value).startswith(f"tokens file {path}: ")
    assert str(caught.value).endswith("; remove it, and all tokens are void")
    assert found in str(caught.value)
