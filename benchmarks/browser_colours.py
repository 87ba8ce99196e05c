"""
What a colormap costs: applied by the server, or by the browser to the grey stream (an SVG feComponentTransfer table).

    python -m benchmarks.browser_colours

Prints, for each way in turn, the CPU time of the server and of all of Chromium's processes per second of a stream of
25 Hz, 1280 x 1024 uint16, in a window of 1280 x 1024 without a GPU.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.async_api import Page, async_playwright

from mjpeg_viewer.imaging.colormap import get_table
from mjpeg_viewer.simulator import Beam, Simulator
from tests.kit import receiving, run_site

SECONDS = 6
ROUNDS = 3
TICKS = os.sysconf("SC_CLK_TCK")

_FILTER = """tables => {
    const [name, svg] = ["http://www.w3.org/2000/svg", document.createElementNS("http://www.w3.org/2000/svg", "svg")];
    const filter = svg.appendChild(document.createElementNS(name, "filter"));
    filter.id = "colours";
    filter.setAttribute("color-interpolation-filters", "sRGB");
    const transfer = filter.appendChild(document.createElementNS(name, "feComponentTransfer"));
    for (const [channel, table] of Object.entries(tables)) {
        const element = transfer.appendChild(document.createElementNS(name, `feFunc${channel}`));
        element.setAttribute("type", "table");
        element.setAttribute("tableValues", table);
    }
    document.body.append(svg);
    document.querySelector("img").style.filter = "url(#colours)";
}"""


def chromium_seconds(profile: str) -> float:
    """CPU time so far of all processes of the browser with this profile."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, stat = (process / "cmdline").read_text(), (process / "stat").read_text()
        except OSError:
            continue
        if profile in command or _parent(stat) in _family(profile):
            total += sum(map(int, stat.rpartition(")")[2].split()[11:13]))
    return total / TICKS


def _parent(stat: str) -> int:
    return int(stat.rpartition(")")[2].split()[1])


def _family(profile: str) -> set[int]:
    family = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if profile in (process / "cmdline").read_text():
                family.add(int(process.name))
        except OSError:
            continue
    return family


async def show(page: Page, base: str, way: str) -> None:
    """Show the stream alone on a page, coloured in one of the ways."""
    colormap = "?colormap=viridis" if way == "server" else ""
    await page.goto(f"{base}/healthz")
    await page.evaluate(f"document.body.innerHTML = '<img src=\"/cameras/beam/stream.mjpg{colormap}\">'")
    if way == "browser":
        table = get_table("viridis") / 255
        await page.evaluate(_FILTER, {c: " ".join(f"{v:.4f}" for v in table[:, i]) for i, c in enumerate("RGB")})


async def main() -> None:
    """Measure the ways in turn, and print the medians."""
    costs: dict[str, list[tuple[float, float]]] = {"grey": [], "server": [], "browser": []}
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as profile, Simulator(Beam(1280, 1024, "uint16")) as beam:
        async with run_site({"beam": beam.url}) as site, async_playwright() as playwright:
            await receiving(beam)
            sending = asyncio.create_task(asyncio.to_thread(beam.run, 10**9, 0.04))
            context = await playwright.chromium.launch_persistent_context(
                profile,
                executable_path=chromium,
                args=["--no-sandbox", "--disable-gpu"],
                viewport={"width": 1280, "height": 1024},
            )
            page = context.pages[0]
            for _ in range(ROUNDS):
                for way, results in costs.items():
                    await show(page, site.base, way)
                    await asyncio.sleep(2)
                    began = sum(os.times()[:2]), chromium_seconds(profile)
                    await asyncio.sleep(SECONDS)
                    ended = sum(os.times()[:2]), chromium_seconds(profile)
                    results.append(tuple((e - b) / SECONDS for b, e in zip(began, ended, strict=True)))  # type: ignore[arg-type]
            await context.close()
            beam.stop()
            await sending
    for way, results in costs.items():
        server, browser = (median(result[i] for result in results) for i in range(2))
        print(f"{way:8} camera and server {1000 * server:4.0f} ms/s   browser {1000 * browser:4.0f} ms/s")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
