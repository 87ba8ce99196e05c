"""Real OpenID Connect providers, in processes of their own, and a person's browser at their pages."""

import asyncio
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from mjpeg_viewer.web.access import Access
from mjpeg_viewer.web.id_tokens import check_id_token
from mjpeg_viewer.web.oidc import Provider
from tests.kit import Site
from tests.raw import PATIENCE

PEOPLE = {
    "sub-ada": {"preferred_username": "ada", "groups": ["operators", "staff"]},
    "sub-bob": {"preferred_username": "bob", "groups": ["guests"], "email": "bob@psi.ch"},
    "sub-eve": {"preferred_username": "e v e", "groups": ["operators"]},
}
"""Who has an account, by subject."""

SECRET = "a secret: /+%"

_MOCK = """
import json, sys, threading
from werkzeug.serving import make_server
from oidc_provider_mock import User, app
people = [User(sub=sub, claims=claims) for sub, claims in json.loads(sys.argv[1]).items()]
server = make_server("127.0.0.1", 0, app(user_claims=people, require_nonce=True), threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for line in sys.stdin:
    print("ready", flush=True)
"""

_MODULE = Path(sys.prefix) / "npm/node_modules/oidc-provider"

# Some hundred modules of Python or JavaScript are read first, which takes long on a busy machine.
_START_PATIENCE = 6 * PATIENCE

KINDS = ["oidc-provider-mock", "oidc-provider"]


def _command(kind: str) -> list[str]:
    people = json.dumps(PEOPLE)
    if kind == "oidc-provider-mock":
        return [sys.executable, "-W", "ignore", "-c", _MOCK, people]
    node = shutil.which("node")
    if node is None or not _MODULE.is_dir():
        pytest.skip("there is no npm package oidc-provider; with node and npm, tests/prepare.sh installs it")
    return [node, str(Path(__file__).with_name("oidc_provider.mjs")), str(_MODULE), people]


class Running:
    """A running provider."""

    def __init__(self, kind: str, process: asyncio.subprocess.Process, port: int) -> None:
        self.kind = kind
        self.issuer = f"http://127.0.0.1:{port}"
        self._process = process

    def make_client(self, access: Access, secret: str | None = SECRET, session_seconds: float = 3600) -> Provider:
        """Make what a server knows of it."""
        return Provider(
            self.issuer,
            "public" if secret is None else "viewer",
            secret,
            ("openid", "profile", "email"),
            access,
            session_seconds,
            check_id_token,
            name="PSI",
        )

    async def know(self, site: Site) -> None:
        """Tell it of the server, as its administrator does."""
        assert self._process.stdin
        self._process.stdin.write(f"{site.base}/login/oidc/callback\n".encode())
        assert await read_line(self._process) == "ready"

    async def log_in(self, browser: aiohttp.ClientSession, url: URL, subject: str) -> URL:
        """Log in at the provider's own pages, as a person does; where it sends the browser back to."""
        if self.kind == "oidc-provider-mock":
            async with browser.post(url, data={"sub": subject}, allow_redirects=False) as response:
                assert response.status == 302, await response.text()
                return URL(response.headers["Location"], encoded=True)
        form: dict[str, str] | None = None
        for _ in range(10):
            method = "GET" if form is None else "POST"
            async with browser.request(method, url, data=form, allow_redirects=False) as response:
                page = await response.text()
                if "Location" in response.headers:
                    url, form = url.join(URL(response.headers["Location"], encoded=True)), None
                    if url.port != URL(self.issuer).port:
                        return url
                    continue
            action = re.search(r'action="([^"]*)"', page)
            assert action, page
            url = url.join(URL(action[1]))
            prompt = "login" if 'name="login"' in page else "consent"
            form = {"prompt": prompt, "login": subject, "password": "any"}
        raise AssertionError("the provider leads in a circle")


async def read_line(process: asyncio.subprocess.Process, patience: float = PATIENCE) -> str:
    """Read a line of a provider's output."""
    assert process.stdout
    async with asyncio.timeout(patience):
        return (await process.stdout.readline()).decode().strip()


@asynccontextmanager
async def run_provider(kind: str) -> AsyncIterator[Running]:
    """Run a provider for the block."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *_command(kind),
        stdin=pipe,
        stdout=pipe,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    try:
        yield Running(kind, process, int(await read_line(process, _START_PATIENCE)))
    finally:
        process.kill()
        await process.wait()
