"""Real OpenID Connect providers, in processes of their own, and a person's browser at their pages."""

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
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

    def __init__(self, kind: str, port: int, told: socket.socket) -> None:
        self.kind = kind
        self.issuer = f"http://127.0.0.1:{port}"
        self._told = told

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
        await asyncio.get_running_loop().sock_sendall(self._told, f"{site.base}/login/oidc/callback\n".encode())
        assert await read_line(self._told) == "ready"

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


async def read_line(told: socket.socket, patience: float = PATIENCE) -> str:
    """Read the line that a provider says next."""
    line = b""
    async with asyncio.timeout(patience):
        while not line.endswith(b"\n"):
            more = await asyncio.get_running_loop().sock_recv(told, 100)
            assert more, "the provider ended"
            line += more
    return line.decode().strip()


async def start_provider(kind: str, stack: ExitStack) -> Running:
    """
    Start a provider, which ends with the stack.

    It is spoken to by a socket, not by pipes: those would belong to the loop of the test that was the first to ask.
    """
    told, its_own = socket.socketpair()
    stack.enter_context(told)
    told.setblocking(False)
    with its_own:
        process = subprocess.Popen(
            _command(kind),
            stdin=its_own,
            stdout=its_own,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "NODE_NO_WARNINGS": "1"},
        )
    stack.enter_context(process)
    stack.callback(process.kill)
    return Running(kind, int(await read_line(told, _START_PATIENCE)), told)


@asynccontextmanager
async def run_provider(kind: str) -> AsyncIterator[Running]:
    """Run a provider for the block."""
    with ExitStack() as stack:
        yield await start_provider(kind, stack)


class Providers:
    """
    Providers for many tests, each started when it is first asked for.

    Args:
        stack: With which they end.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running: dict[str, Running] = {}

    async def get(self, kind: str) -> Running:
        """Return the one of this kind; what it knows of a browser is in that browser's cookies."""
        if kind not in self._running:
            self._running[kind] = await start_provider(kind, self._stack)
        return self._running[kind]
