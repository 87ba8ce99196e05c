// A list that is narrowed to the names that have in them what is typed.  Browsers empty the field at Escape.

import { setText } from "./dom.js";
import { texts } from "./texts.js";

/**
 * @param rows    a Map of {element} by name
 * @param count   where is said how many of how many are shown
 * @param changed called after each change with how many are shown
 * @returns a function to call when rows came or went
 */
export function makeFilter(field, rows, count, changed) {
  const narrow = () => {
    const wanted = field.value.trim().toLowerCase();
    let shown = 0;
    for (const [name, { element }] of rows) {
      element.hidden = !name.toLowerCase().includes(wanted);
      shown += !element.hidden;
    }
    setText(count, texts.shownOf(shown, rows.size));
    changed(shown);
  };
  field.addEventListener("input", narrow);
  return narrow;
}
