// The cursor on the picture: which pixel, and its true value; marks; and the box that is dragged to zoom.

import { at } from "./geometry.js";
import { readNpy } from "./npy.js";

// How often a pixel's value is asked for, and how old it may be, in ms.
const VALUE_PERIOD = 500;
// A hand that trembles does not zoom.
const DRAG = 6;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pointer {
  /** @param on {moved(pixel or null, values or null), box(corners), zoom(roi as text), mark(pixel, radius)} */
  constructor(fit, over, path, tools, on) {
    Object.assign(this, { fit, over, path, on });
    this.pixel = null;
    this.values = null;
    this.from = null;
    for (const tool of [tools.zoom, tools.mark]) {
      tool.addEventListener("click", () => {
        const chosen = fit.dataset.tool === tool.id ? "" : tool.id;
        fit.dataset.tool = chosen;
        for (const { id } of [tools.zoom, tools.mark]) tools[id].ariaPressed = String(id === chosen);
      });
    }
    fit.tabIndex = 0;
    fit.addEventListener("pointerdown", (event) => this.#down(event));
    fit.addEventListener("pointermove", (event) => this.#move(event));
    fit.addEventListener("pointerup", (event) => this.#up(event));
    fit.addEventListener("pointercancel", () => this.#letGo());
    fit.addEventListener("pointerleave", () => this.#show(null));
    fit.addEventListener("dblclick", () => on.zoom(""));
    fit.addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.#ask(), VALUE_PERIOD);
  }

  #find(event) {
    const box = this.fit.getBoundingClientRect();
    const { matrix, roi } = this.over.placed;
    const spot = at(matrix.inverse(), (event.clientX - box.x) / box.width, (event.clientY - box.y) / box.height);
    const inside = (value, from, count) => Math.min(Math.max(Math.floor(value + 1e-6), from), from + count - 1);
    return [inside(spot.x, roi.x, roi.width), inside(spot.y, roi.y, roi.height)];
  }

  #down(event) {
    if (event.button || !this.over.placed) return;
    this.#show(this.#find(event));
    if (event.pointerType !== "mouse" && !this.fit.dataset.tool) return;
    this.fit.setPointerCapture(event.pointerId);
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
    if (dragged) this.on.zoom(this.#box().join(","));
    else if (this.fit.dataset.tool === "mark") this.on.mark(this.pixel);
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

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.over.placed) return;
    const { roi, matrix } = this.over.placed;
    const middle = [roi.x + (roi.width >> 1), roi.y + (roi.height >> 1)];
    const [x, y] = this.pixel ?? middle;
    if (event.key in KEYS) {
      // The arrow tells a direction on the screen.
      const way = at(new DOMMatrix([matrix.a, matrix.b, matrix.c, matrix.d, 0, 0]).inverse(), ...KEYS[event.key]);
      const step = (value) => Math.sign(Math.round(value * 1e3)) * (event.shiftKey ? 10 : 1);
      const keep = (value, from, count) => Math.min(Math.max(value, from), from + count - 1);
      this.#show([keep(x + step(way.x), roi.x, roi.width), keep(y + step(way.y), roi.y, roi.height)]);
    } else if (event.key === "+") {
      const [width, height] = [Math.ceil(roi.width / 2), Math.ceil(roi.height / 2)];
      this.on.zoom([Math.max(roi.x, x - (width >> 1)), Math.max(roi.y, y - (height >> 1)), width, height].join(","));
    } else if (event.key === "-") this.on.zoom("");
    else if (event.key.toLowerCase() === "m") this.on.mark([x, y]);
    else if (event.key === "Escape") this.#show(null);
    else return;
    event.preventDefault();
  }

  #show(pixel) {
    if (String(pixel) === String(this.pixel)) return;
    this.pixel = pixel;
    this.values = null;
    this.on.moved(pixel, null);
  }

  async #ask() {
    const { pixel } = this;
    if (!pixel || this.asking || this.dragged || document.hidden || this.fit.closest("[data-frozen]")) return;
    this.asking = true;
    try {
      const answer = await fetch(`${this.path}/snapshot.npy?roi=${pixel},1,1&max_age_ms=${VALUE_PERIOD}`);
      this.values = answer.ok ? readNpy(await answer.arrayBuffer()) : null;
      // An answer for where the cursor was is none for where it is.
      if (pixel === this.pixel) this.on.moved(pixel, this.values);
    } catch {
      // No contact: the link says so.
    } finally {
      this.asking = false;
    }
  }
}

const outline = (x, y, width, height) => `M${x} ${y}h${width}v${height}h${-width}z`;
