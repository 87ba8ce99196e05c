"""
What a colormap costs: applied by the server, or by the browser to the grey stream (an SVG feComponentTransfer table).

    python -m benchmarks.browser_colours

Prints, for each way in turn, the CPU time of the server and of all of Chromium's processes per second of a stream of
25 Hz, 1280 x 1024 uint16, in a window of 1280 x 1024 without a GPU.
"""

import asyncio
import os
import sys
from statistics import median

from playwright.async_api import Page

from benchmarks.browser import Processes, run_chromium
from benchmarks.meter import cpu_seconds
from mjpeg_viewer.imaging.colormap import get_table
from mjpeg_viewer.simulator import Beam, Simulator
from tests.kit import receiving, run_site

SECONDS = 6
ROUNDS = 3

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
    with Simulator(Beam(1280, 1024, "uint16")) as beam:
        async with run_site({"beam": beam.url}) as site, run_chromium() as browser:
            await receiving(beam)
            sending = asyncio.create_task(asyncio.to_thread(beam.run, 10**9, 0.04))
            page = await browser.new_page(viewport={"width": 1280, "height": 1024})
            processes = await Processes.of(browser)
            for _ in range(ROUNDS):
                for way, results in costs.items():
                    await show(page, site.base, way)
                    await asyncio.sleep(2)
                    began = cpu_seconds(os.getpid())
                    used = await processes.cpu(SECONDS)
                    results.append(((cpu_seconds(os.getpid()) - began) / SECONDS, used.total()))
            await page.close()
            beam.stop()
            await sending
    for way, results in costs.items():
        server, browser = (median(result[i] for result in results) for i in range(2))
        print(f"{way:8} camera and server {1000 * server:4.0f} ms/s   browser {1000 * browser:4.0f} ms/s")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
