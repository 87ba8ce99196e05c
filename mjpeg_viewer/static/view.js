// The page's controls: a form whose fields are the page's address, so that a view can be kept and sent.

import { number } from "./format.js";
import { texts } from "./texts.js";

// These are the page's own; all others ask for a picture.
const OWN = ["profiles", "pins", "marks"];

export class View {
  /** @param changed called after each change of the fields that can be shown */
  constructor(form, changed) {
    this.form = form;
    this.changed = changed;
    /** Pixel values that are black and white in the picture now, or null. */
    this.levels = null;
    // Some fields stand outside of the form's element, so the event does not come by there.
    document.addEventListener("change", ({ target }) => {
      if (target.form !== form) return;
      if (target.name === "levels") this.#begin(target.value);
      this.apply();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    this.#bound();
  }

  /** All that is not as usual. */
  get fields() {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) {
      if (value) fields.set(name, fields.has(name) ? `${fields.get(name)},${value}` : value);
    }
    return fields;
  }

  /** The picture's part of the page's query; `leave` names what it is to be without. */
  query(...leave) {
    const { fields } = this;
    for (const name of [...OWN, ...leave]) fields.delete(name);
    return spell(fields);
  }

  /** The page's whole query. */
  get all() {
    return spell(this.fields);
  }

  get(name) {
    return this.fields.get(name);
  }

  set(name, value) {
    if (this.form.elements[name].value === value) return;
    this.fill({ [name]: value });
    this.apply();
  }

  /** Fill in fields by name, which mean nothing until they are applied. */
  fill(values) {
    for (const [name, value] of Object.entries(values)) this.form.elements[name].value = value;
  }

  /** Choose fixed levels, where the found ones are. */
  fix() {
    if (this.get("levels") === "fixed") return;
    this.fill({ levels: "fixed" });
    this.#begin("fixed");
  }

  apply() {
    this.#bound();
    if (!this.form.checkValidity()) {
      this.form.closest("details").open = true;
      this.form.reportValidity();
      return;
    }
    history.replaceState(null, "", location.pathname + (this.all && `?${this.all}`));
    this.changed();
  }

  /** Fixed levels begin where the found ones are. */
  #begin(mode) {
    const { low, high } = this.form.elements;
    const fixed = mode === "fixed" && this.levels;
    low.value = fixed ? number(this.levels[0]) : "";
    high.value = fixed ? number(this.levels[1]) : "";
  }

  #bound() {
    const { levels, low, high } = this.form.elements;
    const fixed = levels.value === "fixed";
    for (const field of [low, high]) {
      field.disabled = levels.value === "minmax";
      field.required = fixed;
      field.placeholder = field.disabled ? "" : texts.levelsHint(fixed, field === low);
      const wrong = field.value && (Number.isNaN(Number(field.value)) || (!fixed && !(field.value >= 0 && field.value <= 100)));
      field.setCustomValidity(wrong ? texts.levelsWrong(fixed) : "");
    }
    const ends = [low.value || 0.5, high.value || 99.5].map(Number);
    if (!high.disabled && high.validity.valid && ends[0] >= ends[1]) high.setCustomValidity(texts.levelsOrder);
  }
}

const spell = (fields) => String(fields).replaceAll("%2C", ",");
