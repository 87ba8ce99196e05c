// What every page does with its elements.

export const byId = (id) => document.getElementById(id);

/** Change a text only where it differs: an untouched text costs no layout and keeps its selection. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
