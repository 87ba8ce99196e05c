"""
Take pictures of the real pages: run cameras and a server for them, log in with its link, look.

    make screenshots                    those of the README and of docs/
    make screenshots ARGS=FOLDER        every page, phone, tablet and desktop, dark and light, to be looked at
"""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

IMAGES = Path(__file__).parent / "images"

CAMERAS = {
    "gun": "--size 640x480 --delay 0.04 --seed 1",
    "screen-2": "--size 1280x960 --dtype uint16 --delay 0.2 --seed 2",
    "bunch-compressor": "--size 1024x1024 --dtype uint8 --delay 0.2 --seed 3",
    "undulator": "--size 800x600 --dtype uint16 --delay 0.2 --seed 4",
    "mirror": "--size 640x480 --dtype float32 --delay 0.5 --seed 5",
    "experiment": "--size 960x720 --dtype uint16 --delay 0.5 --seed 6",
}
"""How each is simulated."""

DEAD = ("dump",)
"""Where nobody sends."""

SIZES = {"phone": (360, 740), "tablet": (768, 1024), "desktop": (1920, 1080), "window": (1440, 900)}


def await_camera(page: Page) -> None:
    """Wait until the camera page is live and it has rates."""
    expect(page.locator("#state")).to_have_attribute("data-state", "live")
    expect(page.locator("#shown-rate")).to_have_text(re.compile("Hz"))


def await_wall(page: Page) -> None:
    """Wait until the wall knows of each camera, and each picture in sight is there."""
    for name in CAMERAS:
        expect(page.locator(f"[data-camera={name}] .pill")).to_have_attribute("data-state", "live")
        expect(page.locator(f"[data-camera={name}] .rate")).not_to_be_empty()
    expect(page.locator("[data-camera=dump] .pill")).to_have_attribute("data-state", "connecting", timeout=10_000)
    expect(page.locator("[data-camera=gun] .veil")).to_be_hidden()
    page.wait_for_timeout(4000)  # for every snapshot


def await_display(page: Page) -> None:
    """Wait until the display has its values."""
    expect(page.locator("[data-channel=beam_energy] .number")).not_to_have_text("–")
    expect(page.locator("#stage .veil")).to_be_hidden()


def await_offline(page: Page) -> None:
    """Wait until the page says that nothing comes."""
    expect(page.locator("#stage .veil")).to_be_visible()
    expect(page.locator("#state")).not_to_have_attribute("data-state", "live")
    page.wait_for_timeout(3000)  # for the reason


def await_nothing(page: Page) -> None:
    """Take a page that is complete as it comes."""


@dataclass(frozen=True)
class View:
    """A page: its path, when it is ready, and whether somebody is logged in there."""

    path: str
    ready: Callable[[Page], None]
    logged_in: bool = True


PAGES = {
    "wall": View("/", await_wall),
    "camera": View("/cameras/gun", await_camera),
    "display": View("/cameras/gun/display?channels=beam_energy,x_fwhm,y_fwhm,repetition_rate", await_display),
    "offline": View("/cameras/dump", await_offline),
    "login": View("/login", await_nothing, logged_in=False),
    "error": View("/cameras/nowhere", await_nothing),
}

SHOWN = {
    "camera.png": ("camera", "window", "dark"),
    "camera-light.png": ("camera", "window", "light"),
    "camera-phone.png": ("camera", "phone", "light"),
    "wall.png": ("wall", "window", "dark"),
    "display.png": ("display", "window", "light"),
    "offline.png": ("offline", "window", "dark"),
}
"""What the documents show."""


def main() -> int:
    """Take those of the documents, or all into the folder that is given."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    wanted = SHOWN
    if folder != IMAGES:
        sizes, schemes = ("phone", "tablet", "desktop"), ("dark", "light")
        wanted = {f"{page}-{s}-{c}.png": (page, s, c) for page in PAGES for s in sizes for c in schemes}
    with run_server() as link, sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        session = log_in(browser, link)
        for name, (page, size, scheme) in wanted.items():
            take(browser, link, session, folder / name, PAGES[page], size, scheme)
        browser.close()
    return 0


@contextmanager
def run_server() -> Iterator[str]:
    """Run cameras and a server; its login link."""
    with ExitStack() as stack:
        lines = []
        for name, options in CAMERAS.items():
            address = read_line(stack, ["simulate", "-o", "0", "--mode", "pub", *options.split()], r"bsread\+\w+://\S+")
            lines += [f"[cameras.{name}]", f'source = "{address}"']
        for name in DEAD:
            lines += [f"[cameras.{name}]", 'source = "bsread+sub://127.0.0.1:1"']
        config = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "config.toml"
        config.write_text("\n".join(lines))
        yield read_line(stack, ["serve", "--config", str(config), "-P", "0"], r"http://\S+once=\S+")


def read_line(stack: ExitStack, command: list[str], pattern: str) -> str:
    """Start one of our commands, to end with the stack, and wait for what it prints."""
    process = stack.enter_context(
        subprocess.Popen([sys.executable, "-m", "mjpeg_viewer", *command], stdout=subprocess.PIPE, text=True)
    )
    stack.callback(process.send_signal, signal.SIGTERM)
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found[0]
    raise RuntimeError(f"{command[0]} printed nothing like {pattern}")


def log_in(browser: Browser, link: str) -> object:
    """Use the one-time link and return the cookies that it gave."""
    context = browser.new_context()
    context.new_page().goto(link, wait_until="commit")
    return context.storage_state()


def take(browser: Browser, link: str, session: object, path: Path, view: View, size: str, scheme: str) -> None:
    """Open a page and take its picture once it is ready."""
    width, height = SIZES[size]
    context = browser.new_context(
        storage_state=session if view.logged_in else None,
        viewport={"width": width, "height": height},
        device_scale_factor=2 if size == "phone" else 1,
        is_mobile=size == "phone",
        color_scheme=scheme,
    )
    page = context.new_page()
    page.goto(re.sub(r"/login.*", view.path, link), wait_until="commit")
    view.ready(page)
    page.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    sys.exit(main())
