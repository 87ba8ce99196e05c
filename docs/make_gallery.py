"""
Make docs/gallery.md and its pictures: every way to show an image, from the simulator's beam, through the same code
that viewers are served by.

    make gallery
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import get_args

import cv2
import numpy as np

from mjpeg_viewer.imaging import crop, make_leveller, render
from mjpeg_viewer.query import parse_rendition
from mjpeg_viewer.rendition import Colormap, Norm
from mjpeg_viewer.simulator import DTYPES, Beam

DOCS = Path(__file__).parent
IMAGES = DOCS / "images" / "gallery"
COLORMAPS = get_args(Colormap)

WIDTH, HEIGHT, GAP, TOP, LEFT = 120, 90, 4, 22, 84  # pixels of a cell, between cells, and for the names
QUALITY = 80

Cell = Callable[[str, str], np.ndarray]
"""Makes the picture in a row and a column."""


def show(image: np.ndarray, query: Mapping[str, str]) -> np.ndarray:
    """Return what a viewer sees who asks for an image in an URL, in blue, green, red."""
    rendition = parse_rendition(query)
    shown = crop(image, rendition.roi)
    jpeg = render(shown, rendition, make_leveller(rendition).follow(shown, 0.0))
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def make_beam(dtype: str = "uint16", amplitude: float | None = None) -> np.ndarray:
    """Return one image of the simulator's beam."""
    return np.asarray(Beam(320, 240, dtype, amplitude=amplitude, seed=5).values(7)["image"])


def write_sheet(name: str, rows: Sequence[str], columns: Sequence[str], cell: Cell) -> None:
    """Write a contact sheet."""
    size = (TOP + len(rows) * (HEIGHT + GAP), LEFT + len(columns) * (WIDTH + GAP), 3)
    sheet = np.full(size, 255, np.uint8)
    for i, column in enumerate(columns):
        write(sheet, column, LEFT + i * (WIDTH + GAP), TOP - 7)
    for j, row in enumerate(rows):
        y = TOP + j * (HEIGHT + GAP)
        write(sheet, row, 2, y + HEIGHT // 2)
        for i, column in enumerate(columns):
            picture = cell(row, column)[:HEIGHT, :WIDTH]
            x = LEFT + i * (WIDTH + GAP)
            sheet[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    cv2.imwrite(str(IMAGES / f"{name}.jpg"), sheet, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))


def write(sheet: np.ndarray, text: str, x: int, y: int) -> None:
    """Write a name, its lower left corner at x, y."""
    cv2.putText(sheet, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)


# -- the sheets

LEVELS: dict[str, Callable[[float], dict[str, str]]] = {
    "auto": lambda amplitude: {},
    "percentile": lambda amplitude: {"levels": "percentile", "low": "50", "high": "99.9"},
    "minmax": lambda amplitude: {"levels": "minmax"},
    "fixed": lambda amplitude: {"levels": "fixed", "low": "0", "high": f"{0.6 * amplitude:g}"},
}


def write_levels(mode: str) -> None:
    """Every type in every colormap, with levels of one mode."""
    rows = ["bool", *DTYPES]
    images = {dtype: make_beam(dtype) for dtype in DTYPES} | {"bool": make_beam() > 1000}

    def cell(dtype: str, colormap: str) -> np.ndarray:
        amplitude = DTYPES.get(dtype, 1.0)
        return show(images[dtype], {"width": "120", "colormap": colormap, **LEVELS[mode](amplitude)})

    write_sheet(f"levels-{mode}", rows, COLORMAPS, cell)


def write_norms() -> None:
    """The curves: a ramp that every column has alike, above a beam."""
    image = make_beam("float32")
    image[180:] = np.linspace(0, 3000, 320)

    def cell(norm: str, colormap: str) -> np.ndarray:
        query = {"levels": "fixed", "low": "0", "high": "3000", "norm": norm}
        return show(image, {**query, "width": "120", "colormap": colormap})

    write_sheet("norms", get_args(Norm), COLORMAPS, cell)


def write_marks() -> None:
    """Pixels without a colour of their own: a bar and single ones that are no number, and what is above the top."""
    image = make_beam("float32")
    image[20:30, 20:120] = image[200:208, 60:68] = image[60:180:24, 40] = np.nan
    image[210:220, 200:300] = np.inf

    def cell(mode: str, colormap: str) -> np.ndarray:
        return show(image, {"width": "120", "colormap": colormap, **LEVELS[mode](3000)})

    write_sheet("marks", ["auto", "fixed"], COLORMAPS, cell)


def write_hard_ones() -> None:
    """Images that other viewers show black or white."""
    hot, gap = make_beam(), make_beam("float64")
    hot[::50, ::45] = 65535
    gap[:, 150:170] = np.nan
    images = {
        "a sliver": make_beam(amplitude=44),
        "an offset": make_beam() // 30 + 40_000,
        "hot pixels": hot,
        "a NaN gap": gap,
        "negative": make_beam("int32") - 5000,
        "big-endian": make_beam().astype(">u2"),
        "1e-9 units": make_beam("float64") * 1e-12,
        "constant": np.full((240, 320), 1234, np.uint16),
        "all zero": np.zeros((240, 320), np.uint16),
        "all NaN": np.full((240, 320), np.nan),
    }
    modes = ["auto", "percentile", "minmax"]
    write_sheet(
        "hard-ones", modes, list(images), lambda mode, kind: show(images[kind], {"width": "120", "levels": mode})
    )


def write_geometry() -> None:
    """Which way up: an F beside the beam, in a square region."""
    image = make_beam()
    for y, x, height, width in ((20, 20, 90, 14), (20, 20, 14, 60), (55, 20, 14, 45)):
        image[y : y + height, x : x + width] = 3000
    flips, turns = ["none", "horizontal", "vertical", "both"], ["0", "90", "180", "270"]

    def cell(flip: str, turn: str) -> np.ndarray:
        return show(image, {"roi": "0,0,240,240", "width": "80", "flip": flip, "rotate": turn, "colormap": "magma"})

    write_sheet("geometry", flips, turns, cell)


PAGE = """# Gallery

Made by `make gallery` from the simulator's beam, each picture by its URL's parameters and through the same code that
viewers are served by.  What the parameters mean: [pictures.md](pictures.md).

## Every type, level mode and colormap

`levels=auto`, for each type that bsread has: black and white are the percentiles 0.5 and 99.5.

![auto](images/gallery/levels-auto.jpg)

`levels=percentile&low=50&high=99.9`: half of the pixels are black.

![percentile](images/gallery/levels-percentile.jpg)

`levels=minmax`

![minmax](images/gallery/levels-minmax.jpg)

`levels=fixed`, with `high` at six tenths of what the camera can send: what is above is white in grey, and pale violet
in a colormap.

![fixed](images/gallery/levels-fixed.jpg)

## Curves

`norm=`, with a ramp from `low` to `high` below the beam.

![norms](images/gallery/norms.jpg)

## Pixels without a colour

A bar, a square and a column of single pixels are no number (NaN): dark green.  The bar at the bottom right is infinite,
and the beam above `high`: pale violet with fixed levels, else the top colour.  Grey has no such colours.

![marks](images/gallery/marks.jpg)

## Images that are easily shown black

16 bits of which the camera uses 44 counts, or some counts above 40 000; hot pixels; gaps; nothing at all.  `minmax`
shows what a hot pixel does.

![hard ones](images/gallery/hard-ones.jpg)

## Which way up

`flip=` (the rows), then `rotate=` (the columns), clockwise, of `roi=0,0,240,240`.

![geometry](images/gallery/geometry.jpg)
"""


def main() -> int:
    """Write the page and its pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for mode in LEVELS:
        write_levels(mode)
    write_norms()
    write_marks()
    write_hard_ones()
    write_geometry()
    (DOCS / "gallery.md").write_text(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
