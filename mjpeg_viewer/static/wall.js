// The wall: all cameras at a glance, over one connection for events.  Only what is on screen is watched.

import { byId, setText } from "./dom.js";
import { makeFilter } from "./filter.js";
import { Link } from "./link.js";
import { whileWatched } from "./presence.js";
import { texts } from "./texts.js";
import { Tile } from "./tile.js";

// Over HTTP/1.1 a browser has six connections to a server, this page's and all others' together.  One is for events
// and one stays free, so that a link leads somewhere; where more cameras than four are shown, one is for snapshots.
const STREAMS = 4;

const tiles = new Map();
const byViewer = new Map();
for (const element of document.querySelectorAll(".card")) {
  const tile = new Tile(element);
  tiles.set(tile.camera, tile);
  byViewer.set(tile.viewer, tile);
}

const [navigation] = performance.getEntriesByType("navigation");
const multiplexed = /^h[23]/.test(navigation?.nextHopProtocol ?? "");

// Every tile's viewer, streamed or not: its event each second also says that the connection lives.
const viewers = [...byViewer.keys()].map((viewer) => `&viewer=${viewer}`).join("");

const link = new Link(`/events?channels=&rate=2${viewers}`, null, {
  status(data) {
    const tile = tiles.get(data.camera);
    if (!tile) return;
    tile.status = data;
    tile.show(link);
  },
  frame(data) {
    const tile = tiles.get(data.camera);
    if (!tile) return;
    tile.frame = data;
    tile.frameAt = Date.now();
    tile.picture.frame();
  },
  viewer: (data) => byViewer.get(data.viewer)?.picture.heard(data),
  changed() {
    share();
    showAll();
    renew();
  },
  revived() {
    for (const { mode, picture } of tiles.values()) if (mode !== "off") picture.restart();
    showAll();
  },
});

/** Give the streams to what is on screen, first to cameras that send; the rest of it gets snapshots. */
function share() {
  // A hidden tab's streams would be missing in the tab that is looked at.
  const hidden = document.hidden && !multiplexed;
  const away = hidden || link.state === "logged-out" || link.state === "closed";
  const seen = [...tiles.values()].filter((tile) => tile.onScreen && !away);
  seen.sort((one, other) => other.hopeful - one.hopeful);
  const shown = [...tiles.values()].filter(({ element }) => !element.hidden).length;
  const streams = multiplexed ? shown : shown > STREAMS ? STREAMS - 1 : STREAMS;
  const streamed = new Set(seen.slice(0, streams));
  // First what gives a connection back, then what takes one.
  for (const tile of tiles.values()) if (!streamed.has(tile)) tile.become(seen.includes(tile) ? "snapshots" : "off");
  for (const tile of streamed) tile.become("stream");
}

let asking = false;

/** Renew the snapshots one by one, the longest due first. */
async function renew() {
  if (asking) return;
  asking = true;
  while (link.believed) {
    const ready = [...tiles.values()].filter(({ mode, hopeful, picture }) => {
      return mode === "snapshots" && hopeful && picture.due >= 0;
    });
    if (!ready.length) break;
    await ready.reduce((one, other) => (other.picture.due > one.picture.due ? other : one)).picture.ask();
  }
  asking = false;
}

function showAll() {
  const notice = byId("wall-notice");
  const out = link.state === "logged-out";
  notice.hidden = link.believed || link.opening || link.state === "closed";
  setText(notice.querySelector("span"), out ? texts.loggedOut : texts.tryingAgain);
  notice.querySelector("a").hidden = !out;
  for (const tile of tiles.values()) tile.show(link);
}

// Who scrolls past wants nothing opened on the way.
const SCROLLED = 150;
let scrolling = null;

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) tiles.get(entry.target.dataset.camera).onScreen = entry.isIntersecting;
  clearTimeout(scrolling);
  scrolling = setTimeout(() => {
    share();
    renew();
  }, SCROLLED);
});
for (const { element } of tiles.values()) observer.observe(element);

const find = byId("find");
if (find) {
  // What the filter hides is off the screen, and given back as that is.
  const narrow = makeFilter(find, tiles, byId("wall-count"), (shown) => {
    const query = find.value.trim() && `?${new URLSearchParams(new FormData(find.form))}`;
    byId("wall-notice").querySelector("a").href = `/login?next=${encodeURIComponent(`/${query}`)}`;
    byId("wall-empty").hidden = shown > 0;
    setText(byId("wanted"), find.value.trim());
    history.replaceState(null, "", location.pathname + query); // last, for browsers refuse it when it comes too often
  });
  find.form.addEventListener("submit", (event) => event.preventDefault());
  narrow(); // a browser may have kept what stood in the field
}

if (tiles.size) {
  setInterval(() => {
    link.tick();
    share();
    showAll();
    renew();
  }, 1000);
  link.open();
  document.addEventListener("visibilitychange", share);
  whileWatched({
    come: () => link.open(),
    leave() {
      link.close();
      for (const tile of tiles.values()) tile.forget();
    },
  });
}
