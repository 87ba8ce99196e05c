// The cursor on the picture: which pixel, and its true value; marks; and the box that is dragged to zoom.

import { address } from "./addresses.js";
import { byId, setText } from "./dom.js";
import { measure, number } from "./format.js";
import { at } from "./geometry.js";
import { readNpy } from "./npy.js";
import { followFingers } from "./pinch.js";
import { texts } from "./texts.js";

// How often a pixel's value is asked for, and how old it may be, in ms.
const VALUE_PERIOD = 500;
// A hand that trembles does not zoom.
const DRAG = 6;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pointer {
  /** @param page {frame(), marks(), zoom(roi as text), mark([[x, y], …])} */
  constructor(fit, over, page) {
    Object.assign(this, { fit, over, page });
    this.pixel = null;
    this.from = null;
    this.tools = ["zoom", "mark"].map(byId);
    for (const { id } of this.tools) byId(id).addEventListener("click", () => this.#take(fit.dataset.tool === id ? "" : id));
    followFingers(fit, over, page);
    const handlers = {
      pointerdown: (event) => this.#down(event),
      pointerover: (event) => this.#move(event),
      pointermove: (event) => this.#move(event),
      pointerup: () => this.#up(),
      pointercancel: () => {
        this.#letGo();
        this.#show(null);
      },
      // A finger leaves whenever it is lifted: what it tapped on is told until it taps elsewhere.
      pointerleave: ({ pointerType }) => pointerType === "touch" || this.#show(null),
      dblclick: () => page.zoom(""),
      keydown: (event) => this.#key(event),
    };
    for (const [type, handler] of Object.entries(handlers)) fit.addEventListener(type, handler);
    setInterval(() => this.#ask(), VALUE_PERIOD);
  }

  /** Take a tool in hand, which says what it is for; "" puts it away. */
  #take(id) {
    this.fit.dataset.tool = id;
    for (const one of this.tools) one.ariaPressed = String(one.id === id);
    const hint = byId("hint");
    hint.hidden = !id;
    setText(hint, id && texts.tool[id]);
  }

  #find(event) {
    const box = this.fit.getBoundingClientRect();
    const { matrix, roi } = this.over.placed;
    const spot = at(matrix.inverse(), (event.clientX - box.x) / box.width, (event.clientY - box.y) / box.height);
    return inside(roi, Math.floor(spot.x + 1e-6), Math.floor(spot.y + 1e-6));
  }

  #down(event) {
    if (!event.isPrimary) return this.#letGo(); // a second finger
    if (event.button || !this.over.placed) return;
    this.#show(this.#find(event));
    if (event.pointerType !== "mouse" && !this.fit.dataset.tool) return;
    try {
      this.fit.setPointerCapture(event.pointerId);
    } catch {
      // It came before this script, and is gone.
    }
    this.from = { pixel: this.pixel, x: event.clientX, y: event.clientY };
  }

  #move(event) {
    if (!this.over.placed) return;
    this.#show(this.#find(event));
    this.dragged = this.from && Math.hypot(event.clientX - this.from.x, event.clientY - this.from.y) > DRAG;
    this.over.draw("box", this.dragged ? outline(...this.#box()) : "");
  }

  #up() {
    if (!this.from) return;
    const { dragged } = this;
    const { tool } = this.fit.dataset;
    if (dragged) this.page.zoom(this.#box().join(","));
    else if (tool === "mark") this.#mark(this.pixel);
    else if (tool === "zoom") this.#closer(...this.pixel);
    if (tool === "zoom") this.#take(""); // a finger scrolls again
    this.#letGo();
  }

  #letGo() {
    this.from = null;
    this.dragged = false;
    this.over.draw("box");
  }

  #box() {
    const [[x1, y1], [x2, y2]] = [this.from.pixel, this.pixel];
    return [Math.min(x1, x2), Math.min(y1, y2), Math.abs(x1 - x2) + 1, Math.abs(y1 - y2) + 1];
  }

  /** Half as much, with a pixel in its middle. */
  #closer(x, y) {
    const { roi } = this.over.placed;
    const half = (from, size, middle) => {
      const less = Math.ceil(size / 2);
      return [keep(middle - (less >> 1), from, size - less + 1), less];
    };
    const [[left, width], [top, height]] = [half(roi.x, roi.width, x), half(roi.y, roi.height, y)];
    this.page.zoom([left, top, width, height].join(","));
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.over.placed) return;
    const { roi, matrix } = this.over.placed;
    const middle = [roi.x + (roi.width >> 1), roi.y + (roi.height >> 1)];
    const [x, y] = this.pixel ?? middle;
    if (event.key in KEYS) {
      // The arrow tells a direction on the screen.
      const way = at(new DOMMatrix([matrix.a, matrix.b, matrix.c, matrix.d, 0, 0]).inverse(), ...KEYS[event.key]);
      const step = (value) => Math.sign(Math.round(value * 1e3)) * (event.shiftKey ? 10 : 1);
      this.#show(inside(roi, x + step(way.x), y + step(way.y)));
    } else if (event.key === "+") this.#closer(x, y);
    else if (event.key === "-") this.page.zoom("");
    else if (event.key.toLowerCase() === "m") this.#mark([x, y]);
    else if (event.key === "Escape") {
      this.#take("");
      this.#show(null);
    }
    else return;
    event.preventDefault();
  }

  #show(pixel) {
    if (String(pixel) === String(this.pixel)) return;
    this.pixel = pixel;
    if (this.over.placed) this.over.crosses("cursor", pixel ? [pixel] : []);
    this.#say();
  }

  #say(values) {
    const told = values?.map((value) => number(value)).join(" ");
    setText(byId("at"), this.pixel ? texts.cursor(this.pixel, coordinates(this.page.frame(), this.pixel), told) : "");
  }

  /** One mark more, or without those that lie here already. */
  #mark([x, y]) {
    const reach = this.over.placed.roi.width / 50;
    const marks = this.page.marks();
    const others = marks.filter((mark) => Math.hypot(mark[0] - x, mark[1] - y) > reach);
    this.page.mark(others.length < marks.length ? others : [...others, [x, y]]);
  }

  async #ask() {
    const { pixel } = this;
    if (!pixel || this.asking || this.dragged || document.hidden || this.fit.closest("[data-frozen]")) return;
    this.asking = true;
    try {
      const answer = await fetch(address("snapshot.npy", `roi=${pixel},1,1&max_age_ms=${VALUE_PERIOD}`));
      const values = answer.ok ? readNpy(await answer.arrayBuffer()) : null;
      // An answer for where the cursor was is none for where it is.
      if (pixel === this.pixel) this.#say(values);
    } catch {
      // No contact: the link says so.
    } finally {
      this.asking = false;
    }
  }
}

const keep = (value, from, count) => Math.min(Math.max(value, from), from + count - 1);
const inside = (roi, x, y) => [keep(x, roi.x, roi.width), keep(y, roi.y, roi.height)];
const outline = (x, y, width, height) => `M${x} ${y}h${width}v${height}h${-width}z`;

/** Where a pixel lies on calibrated axes, with their units; else nothing. */
function coordinates(frame, pixel) {
  const { values = {}, units = {} } = frame ?? {};
  if (![..."xy"].some((side) => values[`${side}_step`] && units[`${side}_step`] !== "px")) return "";
  const one = (side, i) => `${measure(values[`${side}_first`] + pixel[i] * values[`${side}_step`])} ${units[`${side}_step`] ?? ""}`;
  return `${one("x", 0)}, ${one("y", 1)}`.trim();
}
