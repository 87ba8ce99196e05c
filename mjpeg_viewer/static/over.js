// What the page draws over the picture, in pixels of the image as sent: profiles, marks, cursor, the box of a zoom.

import { at } from "./geometry.js";

// How much of the picture a profile takes, from the edge.
const SHARE = 0.18;
// More points than a screen has columns nobody sees.
const POINTS = 512;
const ARM = 9;

export class Over {
  constructor(svg) {
    this.svg = svg;
    this.group = svg.querySelector("g");
  }

  /** @param placed what geometry.js says of the image */
  place(placed) {
    this.placed = placed;
    const { a, b, c, d, e, f } = placed.matrix;
    this.group.setAttribute("transform", `matrix(${[a, b, c, d, e, f].join(" ")})`);
  }

  draw(name, path = "") {
    for (const element of this.group.querySelectorAll(`.${name}`)) element.setAttribute("d", path);
  }

  /** Crosses at the centres of pixels [[x, y], …], on the screen always as large. */
  crosses(name, pixels) {
    const { roi, matrix } = this.placed;
    const across = Math.abs(matrix.b) > Math.abs(matrix.a) ? roi.height : roi.width;
    const arm = (ARM * across) / (this.svg.clientWidth || 1);
    const cross = ([x, y]) => `M${x + 0.5 - arm} ${y + 0.5}h${2 * arm}M${x + 0.5} ${y + 0.5 - arm}v${2 * arm}`;
    this.draw(name, pixels.map(cross).join(""));
  }

  /** @param sides {x, y}: {profile, centre in pixels or null}; null for none */
  profiles(sides) {
    let lines = "";
    let widths = "";
    for (const side of sides ? "xy" : "") {
      const { profile, centre } = sides[side];
      if (!Array.isArray(profile)) continue;
      const run = this.#lay(side);
      const [low, high] = ends(profile.slice(run.from, run.to));
      const point = (along, value) => run.point(along, high > low ? (value - low) / (high - low) : 0);
      const step = Math.ceil((run.to - run.from) / POINTS);
      for (let i = run.from, pen = "M"; i < run.to; i += step, pen = "L") {
        const [, most] = ends(profile.slice(i, Math.min(i + step, run.to)));
        lines += pen + point(i + step / 2, most);
      }
      if (typeof centre === "number") widths += `M${run.point(centre + 0.5, 0)}L${run.point(centre + 0.5, 1.15)}`;
      const half = halves(profile);
      if (half) widths += `M${point(half[0] + 0.5, half[2])}L${point(half[1] + 0.5, half[2])}`;
    }
    this.draw("profiles", lines);
    this.draw("widths", widths);
  }

  /** An axis that runs across lies at the bottom, one that runs down at the left. */
  #lay(side) {
    const { roi, matrix } = this.placed;
    const isX = side === "x";
    const [from, count] = isX ? [roi.x, roi.width] : [roi.y, roi.height];
    const [near, depth] = isX ? [roi.y, roi.height] : [roi.x, roi.width];
    const corner = at(matrix, roi.x, roi.y);
    const other = at(matrix, ...(isX ? [roi.x, roi.y + roi.height] : [roi.x + roi.width, roi.y]));
    const atNear = Math.abs(corner.y - other.y) > 0.5 ? corner.y > other.y : corner.x < other.x;
    const [base, inwards] = atNear ? [near, depth * SHARE] : [near + depth, -depth * SHARE];
    const point = (along, share) => {
      const away = base + inwards * share;
      return isX ? `${along} ${away}` : `${away} ${along}`;
    };
    return { from, to: from + count, point };
  }
}

function ends(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** From the peak outwards to the first pixels at or below half, as docs/analysis.md has it; null where there is none. */
function halves(profile) {
  const [low, high] = ends(profile);
  const half = (low + high) / 2;
  const peak = profile.indexOf(high);
  let left = peak;
  let right = peak;
  while (left >= 0 && profile[left] > half) left -= 1;
  while (right < profile.length && profile[right] > half) right += 1;
  return high > low && left >= 0 && right < profile.length ? [left, right, half] : null;
}
