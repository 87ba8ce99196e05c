// Ready text for taking this view elsewhere: the panel's fields, completed with the address this page came from.

import { query } from "./addresses.js";
import { byId } from "./dom.js";
import { texts } from "./texts.js";

const panel = byId("share");
const token = byId("share-token");
let view = ["", ""];

/** @param page, stream queries of the page and of its picture, empty if all is as usual */
export function fill(page, stream) {
  view = [page, stream];
  // Programs and pages elsewhere have no session: they need a token, which is whoever copies the text to fill in.
  const pass = token && `token=${encodeURIComponent(token.value.trim() || token.placeholder)}`;
  const found = { origin: location.origin, page: query(page), display: byId("display").search, stream: query(stream, pass), pass: query(pass) };
  for (const field of panel.querySelectorAll("[data-text]")) {
    field.value = field.dataset.text.replace(/\{(\w+)\}/g, (_, name) => found[name]);
  }
  byId("qr").src = `/qr.svg?text=${encodeURIComponent(byId("share-page").value)}`;
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

token?.addEventListener("input", () => fill(...view));
let latest, timer;

/** A button's name stays the same, so a line that nobody sees tells; emptied between, or it would not tell twice. */
function say(shown, told) {
  if (latest) latest.textContent = shown;
  byId("copied").textContent = told;
}

for (const button of panel.querySelectorAll("button")) {
  button.addEventListener("click", async () => {
    clearTimeout(timer);
    say(texts.copy, "");
    latest = button;
    const text = (await copy(button.previousElementSibling)) ? texts.copied : texts.selected;
    say(text, text);
    timer = setTimeout(say, 2000, texts.copy, "");
  });
}
