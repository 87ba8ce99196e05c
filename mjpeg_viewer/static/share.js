// Ready text for taking this camera elsewhere: the panel's fields, completed with the address this page came from.

import { texts } from "./texts.js";

export function fillShare(panel) {
  for (const row of panel.querySelectorAll(".share-row")) {
    const field = row.querySelector("input");
    const button = row.querySelector("button");
    field.value = field.dataset.text.replaceAll("{origin}", location.origin);
    let timer = null;
    button.addEventListener("click", async () => {
      button.textContent = (await copy(field)) ? texts.copied : texts.selected;
      clearTimeout(timer);
      timer = setTimeout(() => (button.textContent = texts.copy), 2000);
    });
  }
}

/** The clipboard exists only on https and localhost; elsewhere the selection is copied the old way. */
async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
