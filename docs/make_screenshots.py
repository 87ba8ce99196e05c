"""
Take the pictures that the README shows, from the real pages: run the demo, log in with its link, look.

    make screenshots
"""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

IMAGES = Path(__file__).parent / "images"

VIEWS = {
    "camera.png": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "camera-light.png": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "camera-phone.png": {
        "viewport": {"width": 360, "height": 740},
        "device_scale_factor": 2,
        "color_scheme": "light",
        "is_mobile": True,
    },
}


def main() -> int:
    """Write every view to docs/images."""
    IMAGES.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "mjpeg_viewer", "demo", "-P", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo, sync_playwright() as playwright:
        try:
            link = find_link(demo)
            chromium = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            session = log_in(browser, link)
            for name, view in VIEWS.items():
                take(browser, link, session, IMAGES / name, view)
            browser.close()
        finally:
            demo.send_signal(signal.SIGTERM)
    return 0


def find_link(demo: "subprocess.Popen[str]") -> str:
    """Wait for the demo to print its login link."""
    assert demo.stdout is not None
    for line in demo.stdout:
        if found := re.search(r"http://\S+once=\S+", line):
            return found[0]
    raise RuntimeError("the demo printed no link")


def log_in(browser: Browser, link: str) -> object:
    """Use the one-time link and return the cookies that it gave."""
    context = browser.new_context()
    context.new_page().goto(link, wait_until="commit")
    return context.storage_state()


def take(browser: Browser, link: str, session: object, path: Path, view: dict[str, object]) -> None:
    """Open the camera's page and take its picture once it is live and its rates are steady."""
    context = browser.new_context(storage_state=session, **view)
    page = context.new_page()
    page.goto(re.sub(r"/login.*", "/", link), wait_until="commit")
    expect(page.locator("#state")).to_have_attribute("data-state", "live")
    expect(page.locator("#shown-rate")).to_have_text(re.compile(r"^2[4-6]"), timeout=20_000)
    page.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    sys.exit(main())
