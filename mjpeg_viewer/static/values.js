// The table of a frame's values: one row per channel, updated in place, arrays as small curves.

import { byId, load, setText } from "./dom.js";
import { makeFilter } from "./filter.js";
import { number } from "./format.js";
import { texts } from "./texts.js";

// Of a curve's drawing, as in the page's template.
const [WIDTH, HEIGHT] = [120, 26];
const make = (template) => byId(template).content.cloneNode(true);

const body = byId("values");
let Trend; // comes with the first pin

export class ValuesTable {
  /**
   * @param pins   the names of channels that stand first and have a trend
   * @param pinned called with them when they change
   */
  constructor(pins, pinned) {
    this.pins = new Set(pins);
    this.pinned = pinned;
    this.trends = new Map();
    this.rows = new Map();
    this.values = {};
    this.narrow = makeFilter(byId("filter"), this.rows, byId("values-count"), (shown) => {
      const empty = byId("values-empty");
      setText(empty, this.rows.size ? texts.noMatch : texts.noValues);
      empty.hidden = shown > 0;
      this.#fill();
    });
    this.narrow();
  }

  /**
   * A channel once seen keeps its row, so that one with a modulo does not come and go.
   *
   * @param aside the names of values that get no row unless they have one, as the stream's own, or are pinned
   */
  show(values, aside) {
    this.values = values;
    const known = this.rows.size;
    for (const channel of Object.keys(values)) {
      if (!this.rows.has(channel) && (this.pins.has(channel) || !aside.includes(channel))) this.#add(channel);
    }
    if (this.rows.size !== known) this.narrow();
    else this.#fill();
  }

  #fill() {
    for (const [channel, row] of this.rows) {
      if (!row.element.hidden) fill(row, this.values[channel] ?? null);
    }
  }

  /** Note what came, for the trends, whether it is shown or not. */
  note(values) {
    if (!Trend && this.pins.size) return this.#begin(values);
    for (const channel of this.pins) {
      if (!this.trends.has(channel)) this.trends.set(channel, new Trend());
      const row = this.rows.get(channel);
      const trend = this.trends.get(channel);
      if (!trend.add(values[channel]) || !row || typeof values[channel] !== "number") continue;
      row.trend ??= makeCurve(row.name.appendChild(document.createElement("div")));
      drawCurve(row.trend, trend.values, texts.trend, texts.trendRange);
    }
  }

  async #begin(values) {
    Trend = (await load("trend"))?.Trend;
    if (Trend) this.note(values);
  }

  /** Forget the channels: another sender may answer at this address. */
  clear() {
    this.rows.clear();
    this.values = {};
    body.replaceChildren();
    this.narrow();
  }

  #add(channel) {
    body.append(make("value-row"));
    const element = body.lastElementChild;
    element.dataset.channel = channel;
    const [name, cell] = element.cells;
    const pin = name.firstElementChild;
    pin.ariaLabel = texts.pin(channel);
    pin.addEventListener("click", () => this.#pin(channel));
    name.append(channel);
    this.rows.set(channel, { element, name, pin, cell });
    this.#mark(channel);
  }

  #pin(channel) {
    if (!this.pins.delete(channel)) this.pins.add(channel);
    this.trends.delete(channel);
    this.#mark(channel);
    this.pinned([...this.pins]);
  }

  #mark(channel) {
    const { name, pin, trend } = this.rows.get(channel);
    const pinned = this.pins.has(channel);
    pin.ariaPressed = String(pinned);
    pin.textContent = pinned ? "★" : "☆";
    // Pinned ones first, in their order, as on the display.
    const { activeElement } = document;
    body.prepend(...[...this.pins].flatMap((first) => this.rows.get(first)?.element ?? []));
    activeElement.focus({ preventScroll: true });
    if (pinned) return;
    if (trend) name.lastChild.remove();
    this.rows.get(channel).trend = null;
  }
}

function fill(row, value) {
  if (Array.isArray(value) && value.some((item) => typeof item === "number")) {
    row.curve ??= makeCurve(row.cell);
    return drawCurve(row.curve, value, texts.curve);
  }
  if (row.curve) {
    row.curve = null;
    row.cell.replaceChildren();
  }
  row.cell.classList.toggle("text", typeof value === "string");
  setText(row.cell, asText(value));
}

function asText(value) {
  if (value === null) return texts.none;
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return value.length ? value.map(asText).join(" ") : texts.emptyArray;
  return String(value);
}

function drawCurve(curve, values, say, range = texts.range) {
  const [low, high] = ends(values);
  const [lowText, highText] = [number(low, 4), number(high, 4)];
  curve.path.setAttribute("d", pathOf(values, low, high));
  curve.svg.ariaLabel = say(values.length, lowText, highText);
  setText(curve.range, range(lowText, highText, values.length / 2));
}

/** The least and the greatest number. */
export function ends(values) {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (typeof value !== "number") continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

function makeCurve(cell) {
  cell.classList.remove("text");
  cell.replaceChildren(make("curve"));
  const [svg, range] = cell.children;
  return { svg, path: svg.firstChild, range };
}

/** Lowest and highest per column, so that a narrow peak survives; what is not a number leaves a gap. */
function pathOf(values, low, high) {
  const scale = high > low ? (HEIGHT - 2) / (high - low) : 0;
  const y = (value) => (scale ? HEIGHT - 1 - (value - low) * scale : HEIGHT / 2).toFixed(1);
  const columns = Math.min(values.length, WIDTH);
  const x = (column) => (columns > 1 ? (column / (columns - 1)) * WIDTH : WIDTH / 2).toFixed(1);
  const at = (column) => Math.floor((column * values.length) / columns);
  let path = "";
  let pen = "M";
  for (let column = 0; column < columns; column += 1) {
    const [least, most] = ends(values.slice(at(column), at(column + 1)));
    if (least > most) {
      pen = "M";
      continue;
    }
    // A stroke of no length is not painted by every browser: a lone point gets a hair's breadth.
    path += `${pen}${x(column)} ${y(least)}${pen === "M" ? "h.1" : ""}`;
    if (most > least) path += `L${x(column)} ${y(most)}`;
    pen = "L";
  }
  return path;
}
