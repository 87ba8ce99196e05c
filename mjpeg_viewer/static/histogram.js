// How many pixels have which value, with black and white to be dragged: what is dragged becomes fixed levels.

import { byId, setText } from "./dom.js";
import { number } from "./format.js";
import { texts } from "./texts.js";

// Of a handle, from one end to the other.
const STEPS = 1000;
// A hand that rests for so many ms, or a key that is held no more, has the picture follow.
const REST = 200;
// The drawing's own coordinates.
const [WIDTH, HEIGHT] = [256, 64];

export class Histogram {
  #handles = { low: byId("drag-low"), high: byId("drag-high") };
  #path = byId("histogram").querySelector("path");
  #axis = null;
  #timer = null;

  constructor(view) {
    this.view = view;
    for (const handle of Object.values(this.#handles)) handle.addEventListener("input", () => this.#drag(handle));
  }

  /** @param frame the newest event; null for none */
  show(frame) {
    const { histogram: counts, min_value: least, max_value: most } = frame?.values ?? {};
    const known = counts?.length > 1 && typeof least === "number" && typeof most === "number";
    if (!known) return this.#path.setAttribute("d", "");
    const { low, high } = this.#levels() ?? { low: least, high: most };
    // While a handle is on its way, nothing moves below it.
    if (!this.#timer) this.#axis = makeAxis(Math.min(least, low), Math.max(most, high));
    const { from, span } = this.#axis;
    const x = (index) => (((least + (index / counts.length) * (most - least) - from) / span) * WIDTH).toFixed(1);
    const tallest = Math.log1p(Math.max(...counts));
    const bar = (count, i) => count && `M${x(i)} ${HEIGHT}v${-((Math.log1p(count) / tallest) * HEIGHT).toFixed(1)}H${x(i + 1)}V${HEIGHT}`;
    this.#path.setAttribute("d", counts.map(bar).filter(Boolean).join(""));
    setText(byId("histogram-ends"), texts.range(number(from), number(from + span)));
    if (this.#timer) return;
    for (const [name, value] of Object.entries({ low, high })) {
      this.#handles[name].value = Math.round(((value - from) / span) * STEPS);
      this.#name(this.#handles[name], value);
    }
    this.#order();
  }

  /** What is black and white now: as it is fixed, or else as the server found it. */
  #levels() {
    const { view } = this;
    if (view.get("levels") === "fixed") return { low: Number(view.get("low")), high: Number(view.get("high")) };
    return view.levels && { low: view.levels[0], high: view.levels[1] };
  }

  #drag(moved) {
    if (!this.#axis || !this.#levels()) return;
    const { low, high } = this.#handles;
    if (Number(low.value) >= Number(high.value)) {
      moved.value = moved === low ? Number(high.value) - 1 : Number(low.value) + 1;
      if (low.value === high.value) return; // both at one end
    }
    // The end that is not moved stays where it was.
    this.view.fix();
    const value = this.#round(this.#axis.from + (moved.value / STEPS) * this.#axis.span);
    this.view.fill({ [moved === low ? "low" : "high"]: String(value) });
    this.#name(moved, value);
    this.#order();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.view.apply();
    }, REST);
  }

  /** As many digits as a step has. */
  #round(value) {
    return Number(value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(this.#axis.span)))));
  }

  #name(handle, value) {
    handle.setAttribute("aria-valuetext", number(value));
  }

  /** Where both stand at the right end, only the left one can still be moved. */
  #order() {
    const { low } = this.#handles;
    low.style.zIndex = low.value > STEPS / 2 ? 1 : 0;
  }
}

/** Ends that stay while noise moves the least and the greatest pixel a little. */
function makeAxis(low, high) {
  const step = 2 ** Math.floor(Math.log2(high - low || 1) - 2);
  const from = Math.floor(low / step) * step;
  return { from, span: Math.ceil(high / step) * step - from || step };
}
