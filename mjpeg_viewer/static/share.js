// Ready text for taking this camera elsewhere: the panel's fields, completed with the address this page came from.

import { texts } from "./texts.js";

/** @param page, stream queries of the page and of its picture, empty if all is as usual */
export function fillShare(panel, page, stream) {
  const { user } = panel.dataset;
  const found = {
    origin: location.origin,
    // Players and programs log in by the address; the password is whoever copies it to fill in.
    open: user ? location.origin.replace("//", `//${encodeURIComponent(user)}:PASSWORD@`) : location.origin,
    page: page && `?${page}`,
    stream: stream && `?${stream}`,
  };
  for (const field of panel.querySelectorAll("input")) {
    field.value = field.dataset.text.replace(/\{(\w+)\}/g, (_, name) => found[name]);
  }
}

export function makeCopyable(panel) {
  for (const row of panel.querySelectorAll(".share-row")) {
    const field = row.querySelector("input");
    const button = row.querySelector("button");
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
