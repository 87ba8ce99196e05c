// The spot of the whole image, whatever of it is shown: its profiles along the picture's edges, centres and widths.

import { byId, setText } from "./dom.js";
import { measure } from "./format.js";
import { at } from "./geometry.js";
import { texts } from "./texts.js";
import { ends } from "./values.js";

// How much of the picture a profile takes, from the edge.
const SHARE = 0.18;
// More points than a screen has columns nobody sees.
const POINTS = 512;

/** @param frame the event whose picture is shown; null for none */
export function showProfiles(over, frame) {
  setText(byId("spot"), frame ? [..."xy"].map((side) => say(side, frame)).join(" · ") : "");
  if (!over.placed) return;
  let [lines, widths] = ["", ""];
  for (const side of frame ? "xy" : "") {
    const profile = frame.values[`${side}_profile`];
    if (!Array.isArray(profile)) continue;
    const run = lay(over.placed, side);
    const [low, high] = ends(profile.slice(run.from, run.to));
    const point = (along, value) => run.point(along, high > low ? (value - low) / (high - low) : 0);
    const step = Math.ceil((run.to - run.from) / POINTS);
    for (let i = run.from, pen = "M"; i < run.to; i += step) {
      const [, most] = ends(profile.slice(i, Math.min(i + step, run.to)));
      if (most >= low) lines += pen + point(i + step / 2, most);
      pen = most < low ? "M" : "L";
    }
    const centre = findCentre(side, frame.values);
    if (centre !== null) widths += `M${run.point(centre + 0.5, 0)}L${run.point(centre + 0.5, 1.15)}`;
    const half = halves(profile);
    if (half) widths += `M${point(half[0] + 0.5, half[2])}L${point(half[1] + 0.5, half[2])}`;
  }
  over.draw("profiles", lines);
  over.draw("widths", widths);
}

function say(side, { values, units }) {
  const width = `${side}_fwhm`;
  return texts.spot(side, measure(values[`${side}_center_of_mass`]), measure(values[width]), units?.[width] ?? "");
}

/** In pixels; null where there is none. */
function findCentre(side, values) {
  const [place, step] = [values[`${side}_center_of_mass`], values[`${side}_step`]];
  return typeof place === "number" && step ? (place - values[`${side}_first`]) / step : null;
}

/** An axis that runs across lies at the bottom, one that runs down at the left. */
function lay({ roi, matrix }, side) {
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
