"""nginx, Caddy and HAProxy, each with its file from deploy/, in front of a server that runs."""

import asyncio
import datetime
import os
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.raw import PATIENCE

DEPLOY = Path(__file__).parents[2] / "deploy"

# Debian keeps servers where only root looks.
_PATH = os.environ.get("PATH", "") + ":/usr/sbin"

# What is no part of the sample but of the machine: where nginx and Caddy keep their things.
_NGINX = """
daemon off; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    include {sample};
}}
"""
_CADDY = """{{
    admin off
    auto_https disable_redirects
    default_bind 127.0.0.1
    storage file_system {folder}/storage
"""


@dataclass
class Proxy:
    """A running proxy: ``base`` is its https address, ``plain`` its http one (empty if it has none here)."""

    name: str
    base: str
    plain: str
    trust: ssl.SSLContext
    certificate: Path


@asynccontextmanager
async def run_proxy(name: str, backend_port: int, folder: Path) -> AsyncIterator[Proxy]:
    """Run ``nginx``, ``caddy`` or ``haproxy`` with its sample, of which only addresses and paths are replaced."""
    program = shutil.which(name, path=_PATH)
    if program is None:
        assert os.environ.get("CI") != "true", f"there is no {name}; tests/prepare.sh installs it"
        pytest.skip(f"there is no {name}; type: apt-get install -y {name}")
    certificate, key = make_certificate(folder)
    both = folder / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    port, plain_port = find_free_port(), find_free_port()
    here = {
        "127.0.0.1:5000": f"127.0.0.1:{backend_port}",
        "/etc/ssl/mjpeg-viewer.crt": str(certificate),
        "/etc/ssl/mjpeg-viewer.key": str(key),
    }
    match name:
        case "nginx":
            here |= {
                "listen 443 ": f"listen 127.0.0.1:{port} ",
                "listen 80;": f"listen 127.0.0.1:{plain_port};",
                "server_name cameras.example.org;": "server_name localhost;",
                "https://$host$": f"https://$host:{port}$",
            }
            wrapper, options = _NGINX, ["-p", str(folder), "-e", "stderr", "-c"]
        case "caddy":
            here |= {
                "\ncameras.example.org {": f"\nhttps://localhost:{port} {{",
                "\n{\n": "\n" + _CADDY.format(folder=folder),
                "grace_period 5s": "grace_period 100ms",
            }
            wrapper, options = "", ["run", "--adapter", "caddyfile", "--config"]
        case _:
            here = {
                "127.0.0.1:5000": f"127.0.0.1:{backend_port}",
                "/etc/haproxy/mjpeg-viewer.pem": str(both),
                "bind :443 ": f"bind 127.0.0.1:{port} ",
                "bind :80\n": f"bind 127.0.0.1:{plain_port}\n",
            }
            wrapper, options = "", ["-db", "-f"]
    sample = folder / "sample"
    sample.write_text(replace_all((DEPLOY / FILES[name]).read_text(), here))
    main = sample
    if wrapper:
        main = folder / "main"
        main.write_text(wrapper.format(folder=folder, sample=sample))
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        str(main),
        env={**os.environ, "HOME": str(folder)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    log = asyncio.ensure_future(process.stderr.read())
    try:
        await _until_listening(port, process, log)
        trust = ssl.create_default_context(cafile=str(certificate))
        plain = "" if name == "caddy" else f"http://localhost:{plain_port}"
        yield Proxy(name, f"https://localhost:{port}", plain, trust, certificate)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        await log


FILES: Mapping[str, str] = {"nginx": "nginx.conf", "caddy": "Caddyfile", "haproxy": "haproxy.cfg"}


def replace_all(text: str, replacements: Mapping[str, str]) -> str:
    """Replace each, which must be there."""
    for old, new in replacements.items():
        assert old in text, f"the sample has no {old!r}"
        text = text.replace(old, new)
    return text


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for localhost that signs itself; the files of it and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


def find_free_port() -> int:
    """Return a port that is free now; these programs cannot be handed a socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def _until_listening(port: int, process: asyncio.subprocess.Process, log: "asyncio.Future[bytes]") -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            if process.returncode is not None:
                raise AssertionError(f"the proxy ended with {process.returncode}: {(await log).decode()}")
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return
