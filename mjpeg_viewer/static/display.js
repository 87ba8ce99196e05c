// A screen on the wall of the control room: picture, name and a few values.  Nobody touches it for months.

import { byId, setText } from "./dom.js";
import { number } from "./format.js";
import { Link } from "./link.js";
import { Picture } from "./picture.js";
import { whileWatched } from "./presence.js";
import { judge, showPill, showVeil } from "./state.js";
import { texts } from "./texts.js";

// Faster nobody reads.
const RATE = 4;

const { camera, path, viewer } = byId("display").dataset;
const cells = [...document.querySelectorAll("[data-channel]")];
const channels = cells.map((cell) => encodeURIComponent(cell.dataset.channel)).join();
const picture = new Picture(byId("picture"));
const card = { picture, status: null, frame: null, frameAt: null };

const address = `${path}/events?rate=${RATE}&channels=${channels}&viewer=${viewer}`;
const link = new Link(address, camera, {
  status(data) {
    card.status = data;
    show();
  },
  frame(data) {
    card.frame = data;
    card.frameAt = Date.now();
    picture.frame();
    show();
  },
  viewer(data) {
    picture.heard(data);
    show();
  },
  changed() {
    if (link.state === "logged-out" || link.state === "gone") picture.release();
    else if (link.state !== "closed") picture.start();
    show();
  },
  revived: () => picture.restart(),
});

/** What is not the present is not shown: from afar a grey number reads like any other. */
function show() {
  const verdict = judge(link, card);
  showPill(byId("state"), verdict.state);
  setText(byId("reason"), verdict.reason);
  showVeil(byId("stage"), verdict);
  for (const cell of cells) {
    const value = verdict.stale ? null : card.frame?.values[cell.dataset.channel];
    const unit = value == null ? "" : card.frame.units?.[cell.dataset.channel];
    setText(cell.querySelector(".number"), asText(value));
    setText(cell.querySelector(".unit"), unit ?? "");
  }
}

function asText(value) {
  if (value == null) return texts.none;
  if (typeof value === "number") return number(value, 5);
  return Array.isArray(value) ? texts.manyValues(value.length) : String(value);
}

/** Keep the screen lit, where the browser lets us: on https, while the page is seen. */
function stayAwake() {
  if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
}

picture.image.addEventListener("load", show);
setInterval(() => {
  link.tick();
  show();
}, 1000);
link.open();
stayAwake();
document.addEventListener("visibilitychange", stayAwake);
whileWatched({
  come: () => link.open(),
  leave() {
    link.close();
    picture.release();
    card.status = card.frame = card.frameAt = null;
  },
});
