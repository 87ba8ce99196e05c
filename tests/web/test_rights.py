"""Who may see which camera: one that one may not see is as unknown as one that does not exist, at every door."""

import asyncio
import re
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path

import pytest

from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.web.guard import OPEN_TO_TOKENS
from mjpeg_viewer.web.keyring import make_keys
from mjpeg_viewer.web.rights import Rights
from mjpeg_viewer.web.tokens import Tokens, make_token, write_tokens
from tests.kit import Site, basic, receiving, run_site, until
from tests.raw import PATIENCE
from tests.web.conftest import USERS
from tests.web.test_guard import BROWSER, METHODS
from tests.web.test_players import sending

SECRET = "optics7"
ABSENT = "optics8"  # as long, so that answers can be compared byte by byte


@pytest.fixture
def hidden() -> Simulator:
    """A camera that ada alone may see."""
    with Simulator(Beam(160, 120, "uint16", counter=True), start_pulse_id=1) as simulator:
        yield simulator


@pytest.fixture
async def shared(beam: Simulator, hidden: Simulator, tmp_path: Path) -> AsyncIterator[Site]:
    """A server of two cameras: the first is ada's alone, the second anybody's who is logged in."""
    keys = make_keys()
    token, text = make_token("wall", "beam", 60, keys)
    write_tokens(tmp_path / "tokens", [token], None)
    tokens = Tokens(tmp_path / "tokens", keys)
    cameras = {SECRET: hidden.url, "beam": beam.url}
    async with run_site(cameras, users=USERS, keys=keys, rights=Rights({SECRET: {"ada"}}), tokens=tokens) as site:
        await receiving(beam)
        await receiving(hidden)
        site.token = text  # type: ignore[attr-defined]
        yield site


async def get_credentials(site: Site, kind: str) -> dict[str, str]:
    """Headers of somebody who may see the beam and not the other."""
    match kind:
        case "cookie":
            return await site.log_in("bob", "other")
        case "token":
            return {"Authorization": f"Bearer {site.token}"}  # type: ignore[attr-defined]
    return basic("bob", "other")


def paths_of(site: Site, camera: str) -> list[tuple[str, str]]:
    """Each resource of the router by name, with its address for a camera."""
    found = []
    for resource in site.app.router.resources():
        info = resource.get_info()
        path = info.get("path") or info["formatter"]
        forms = ("jpg", "png", "npy") if "{format}" in path else ("",)
        name = str(resource.name)
        found += [
            (name, path.format(camera=camera, file="viewer.css", format=form, colormap="viridis")) for form in forms
        ]
    assert len(found) >= 16
    return found


async def ask(site: Site, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
    """Status, headers and the body, or of an endless one what comes first: of events, the status of the beam."""
    asked = site.session.request(method, site.base + path, headers=headers, allow_redirects=False)
    async with asyncio.timeout(PATIENCE), asked as response:
        if response.content_type == "text/event-stream" and method != "HEAD":
            body = b""
            while b'"beam"' not in body:
                body += await response.content.readany()
        elif response.content_type == "multipart/x-mixed-replace":
            body = await response.content.readany()
        else:
            body = await response.read()
        kept = {name: value for name, value in response.headers.items() if name not in ("Date", "Set-Cookie")}
        return response.status, kept, body.decode("latin-1")


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
@pytest.mark.parametrize("kind", ["cookie", "basic", "token"])
async def test_forbidden_camera_cannot_be_told_from_none(shared: Site, beam: Simulator, kind: str, accept: str):
    """At each route and by each method: status, headers and text are those of a camera that does not exist."""
    headers = {**await get_credentials(shared, kind), "Accept": accept}
    tried = 0
    for (name, path), (_, other) in zip(paths_of(shared, SECRET), paths_of(shared, ABSENT), strict=True):
        if SECRET not in path:
            continue
        for method in METHODS:
            where = f"{method} {path}"
            status, fields, body = await ask(shared, method, path, headers)
            assert (status, fields, body) == await _swapped(shared, method, other, headers), where
            assert status in (401, 404, 405, 303), where
            if method in ("GET", "HEAD") and (kind != "token" or name in OPEN_TO_TOKENS):
                assert status == 404, where
            tried += 1
    assert tried >= 8 * len(METHODS)
    assert not list(shared.viewers)


async def _swapped(site: Site, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
    status, fields, body = await ask(site, method, path, headers)
    return (
        status,
        {name: value.replace(ABSENT, SECRET) for name, value in fields.items()},
        body.replace(ABSENT, SECRET),
    )


@pytest.mark.parametrize("kind", ["cookie", "basic", "token"])
async def test_no_answer_tells_of_a_forbidden_camera(shared: Site, beam: Simulator, hidden: Simulator, kind: str):
    """Neither its name nor where it is stands in any answer that does not repeat the question."""
    headers = await get_credentials(shared, kind)
    port = hidden.address.rpartition(":")[2]
    opened = 0
    paths = [path for name, path in paths_of(shared, "beam") if name not in ("login", "logout")]
    async with sending(beam), sending(hidden):
        for method, path, accept in product(METHODS, paths, ("*/*", "text/html")):
            status, fields, body = await ask(shared, method, path, {**headers, "Accept": accept})
            told = str(fields) + body
            assert SECRET not in told, f"{method} {path}"
            assert not re.search(rf"\b{port}\b", told), f"{method} {path}"
            opened += status == 200
    assert opened >= (12 if kind == "token" else 40)


async def test_wall_and_events_have_what_one_may_see(shared: Site, beam: Simulator, hidden: Simulator):
    """Who may see one camera gets its page at the start, and no other's events; who may see both gets the wall."""
    ada, bob = basic("ada", "right"), basic("bob", "other")
    async with shared.get("/", headers={**bob, **BROWSER}) as response:
        page = await response.text()
        assert 'data-camera="beam"' in page
        assert 'id="picture"' in page
        assert '<details class="menu">\n      <summary><h1>' not in page, "there is nowhere else to go"
    async with shared.get("/", headers={**ada, **BROWSER}) as response:
        page = await response.text()
        assert page.index(f'data-camera="{SECRET}"') < page.index('data-camera="beam"')
    for headers, names in ((ada, [SECRET, "beam"]), (bob, ["beam"])):
        async with shared.get("/state", headers=headers) as response:
            assert list((await response.json())["cameras"]) == names
        async with shared.events("/events", headers=headers) as events:
            assert sorted({(await events.take("status")).data["camera"] for _ in names}) == sorted(names)
            await until(lambda: all(shared.cameras[name].viewers for name in names))  # noqa: B023
            for _ in range(3):
                hidden.send()
                beam.send()
                assert (await events.take("frame")).data["camera"] in names


async def test_short_address_means_the_first_that_one_may_see(shared: Site, beam: Simulator, hidden: Simulator):
    """Without a name it is the first camera of the configuration, or the first that is not forbidden."""
    asked = product(
        ((basic("ada", "right"), SECRET), (basic("bob", "other"), "beam")),
        ("/snapshot.jpg", "/?action=snapshot", "/snapshot.png"),
    )
    async with sending(beam), sending(hidden):
        for (user, name), path in asked:
            async with shared.get(path, headers=user) as response:
                assert response.status == 200
                assert response.headers["Content-Disposition"].startswith(f'inline; filename="{name}_')


async def test_who_may_see_nothing_is_told_so(beam: Simulator):
    """An empty list is nobody: the wall says it, short addresses are 404, and events are silent, not broken."""
    async with run_site({"beam": beam.url}, users=USERS, rights=Rights({"beam": ()})) as site:
        ada = basic("ada", "right")
        async with site.get("/", headers={**ada, **BROWSER}) as response:
            assert response.status == 200
            assert "There is no camera here that you may see" in await response.text()
        for path in ("/stream.mjpg", "/snapshot.jpg", "/?action=stream"):
            async with site.get(path, headers=ada) as response:
                assert (response.status, await response.text()) == (404, "There is no camera here that you may see.\n")
        async with site.events("/events?viewer=x", headers=ada) as events:
            assert (await events.take()).name == "viewer"


def test_handlers_ask_in_one_place():
    """All cameras are for what builds the application and what asks for rights; nobody else has them in reach."""
    package = Path(__file__).parents[2] / "mjpeg_viewer"
    users = {path.name for path in package.rglob("*.py") if re.search(r"\bCAMERAS\b", path.read_text())}
    assert users == {"keys.py", "app.py", "visible.py"}
