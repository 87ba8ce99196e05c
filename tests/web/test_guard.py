"""The guard: every route is closed unless it is listed as open, and no other site's form gets through."""

import pytest
from yarl import URL

from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.guard import OPEN
from tests.kit import Site, basic
from tests.web.test_players import sending

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Accept": "text/html"}


def paths_of(site: Site) -> list[tuple[str, str]]:
    """Each resource of the router by name, with an address of it."""
    known = {"camera": "beam", "file": "viewer.css", "format": "jpg", "colormap": "viridis"}
    found = []
    for resource in site.app.router.resources():
        info = resource.get_info()
        path = info.get("path") or info.get("formatter") or info["prefix"] + "/viewer.css"
        asked = "?text=http://host.example/" if resource.name == "qr" else ""
        found.append((str(resource.name), path.format(**known) + asked))
    assert len(found) >= 12
    return found


async def get_credentials(site: Site, kind: str) -> dict[str, str]:
    """Headers of somebody who may not watch."""
    match kind:
        case "wrong password":
            return basic("ada", "wrong")
        case "unknown user":
            return basic("bob", "right")
        case "broken basic":
            return {"Authorization": "Basic !!!"}
        case "bearer":
            return {"Authorization": "Bearer right"}
        case "garbage cookie":
            return {"Cookie": f"mjpeg-viewer-{site.port}=garbage"}
        case "copy of a logged-out cookie":
            cookie = await site.log_in("ada", "right")
            async with site.session.post(f"{site.base}/logout", headers=cookie, allow_redirects=False):
                return cookie
    return {}


KINDS = [
    "nothing",
    "wrong password",
    "broken basic",
    "bearer",
    "garbage cookie",
    "copy of a logged-out cookie",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
async def test_every_route_is_closed_unless_listed(closed: Site, kind: str, accept: str):
    """Whatever the method: without good credentials, no route answers but those that are open."""
    headers = {"Accept": accept, **await get_credentials(closed, kind)}
    for name, path in paths_of(closed):
        if name in OPEN:
            continue
        for method in METHODS:
            async with closed.session.request(
                method, closed.base + path, headers=headers, allow_redirects=False
            ) as response:
                body = await response.text()
                where = f"{method} {path}: {response.status}"
                if response.status == 303:
                    assert response.headers["Location"].startswith("/login?next="), where
                else:
                    assert response.status in (401, 403, 405, 429), where
                assert "beam" not in body.replace("next=%2Fcameras%2Fbeam", ""), where
    assert not list(closed.viewers)


async def test_unknown_user_is_refused_like_a_wrong_password(closed: Site):
    """Nobody can find out from the answer who has an account."""
    answers = []
    for user in ("ada", "bob"):
        async with closed.get("/state", headers=basic(user, "wrong")) as response:
            answers.append((response.status, await response.text()))
    assert answers[0] == answers[1]


async def test_open_are_login_health_and_static_alone(closed: Site):
    """The list of open routes is short, each stands in the router, and they answer to anybody."""
    assert set(OPEN) == {"login", "healthz", "static"} | {"sign-on", "sign-on-back"}  # tests/web/test_sign_on.py
    opened = [path for name, path in paths_of(closed) if name in OPEN]
    assert len(opened) == 3
    for path in opened:
        async with closed.get(path) as response:
            assert response.status == 200


async def test_right_credentials_open_every_route(closed: Site, beam: Simulator):
    """By password or by cookie, every page and stream is there."""
    async with sending(beam):  # a page of values waits for some
        for headers in (basic("ada", "right"), await closed.log_in("ada", "right")):
            for name, path in paths_of(closed):
                method = "POST" if name == "logout" else "HEAD"
                if "snapshot" in name or name in ("logout", "background-mean"):  # a picture to come, or not there
                    continue
                async with closed.session.request(method, closed.base + path, headers=headers) as response:
                    assert response.status == 200, path


async def test_unknown_address_is_closed_too(closed: Site):
    """Nobody can find out from outside what there is."""
    for path in ("/nothing", "/cameras/none", "/cameras/none/stream.mjpg", "/admin/../state"):
        async with closed.get(path) as response:
            assert response.status == 401


async def test_programs_are_challenged_and_browsers_are_not(closed: Site):
    """curl learns that it is Basic; a browser opens no window of its own over the login page."""
    async with closed.get("/state") as response:
        assert response.headers["WWW-Authenticate"] == 'Basic realm="mjpeg-viewer"'
    for path in ("/state", "/cameras/beam/events", "/cameras/beam/stream.mjpg"):
        headers = {"User-Agent": BROWSER["User-Agent"], "Accept": "image/webp,*/*"}
        async with closed.get(path, headers=headers) as response:
            assert response.status == 401
            assert "WWW-Authenticate" not in response.headers
    async with closed.get("/cameras/beam?a=b&c=d", headers=BROWSER) as response:
        assert response.status == 303
        target = URL(response.headers["Location"])
        assert (target.path, dict(target.query)) == ("/login", {"next": "/cameras/beam?a=b&c=d"})


# -- forms of other sites


@pytest.mark.parametrize("path", ["/login", "/logout"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_form_of_another_site_is_refused(closed: Site, path: str, headers: dict[str, str]):
    """What another site's page makes a browser send is 403, right password and cookie or not, and does nothing."""
    cookie = await closed.log_in("ada", "right")
    form = {"username": "ada", "password": "right"}
    async with closed.session.post(
        closed.base + path, data=form, headers={**cookie, **headers}, allow_redirects=False
    ) as response:
        assert response.status == 403
        assert "Set-Cookie" not in response.headers
    async with closed.get("/state", headers=cookie) as response:
        assert response.status == 200


async def test_own_form_is_taken(closed: Site):
    """Browsers name the origin of each form, and this one's is right."""
    form = {"username": "ada", "password": "right"}
    headers = {"Origin": closed.base, "Sec-Fetch-Site": "same-origin"}
    async with closed.session.post(
        f"{closed.base}/login", data=form, headers=headers, allow_redirects=False
    ) as response:
        assert response.status == 303
