// The camera page: picture, state, values and numbers of one camera.  What only some use comes with its first use.

import { address, camera, display, events, viewer } from "./addresses.js";
import { byId, load, setText } from "./dom.js";
import { showConnection, showImage } from "./facts.js";
import { place } from "./geometry.js";
import { Link } from "./link.js";
import { Over } from "./over.js";
import { Picture } from "./picture.js";
import { whileWatched } from "./presence.js";
import { judge, showPill, showVeil } from "./state.js";
import { texts } from "./texts.js";
import { ValuesTable } from "./values.js";
import { View } from "./view.js";

// At 10 Hz as many as 30 pictures last, if they come at 1 Hz or more.
const FRAMES = 300;
// In ms: faster nobody reads, and each reading costs a layout.
const READ_PERIOD = 250;

const page = byId("camera");
const stage = byId("stage");
const pageTitle = document.title;
const picture = new Picture(byId("picture"));
const view = new View(byId("view"), showView);
const table = new ValuesTable(view.get("pins")?.split(","), (pins) => view.set("pins", pins.join(",")));
const card = { picture, status: null, frame: null, frameAt: null };
let counters = null;
let stale = true;
let readAt = -READ_PERIOD;
let painting, reading, fitted;
let freeze, profiles, histogram, share;

// The newest events, so that a frozen picture has its own values beside it, or none.
const frames = [];

const over = new Over(byId("over"));
let asked = events(view);
const link = new Link(asked.url, camera, {
  status(data) {
    if (card.status && card.status.status !== "live" && data.status === "live") table.clear();
    card.status = data;
    showState();
  },
  frame(data) {
    data.aside = asked.aside;
    frames.push(data);
    if (frames.length > FRAMES) frames.shift();
    table.note(data.values);
    card.frame = data;
    card.frameAt = Date.now();
    picture.frame();
    clearTimeout(reading);
    reading = setTimeout(showFrame, READ_PERIOD);
    // Only the newest frame before a repaint is worth the work, and none in a hidden tab.
    if (profiles || performance.now() - readAt >= READ_PERIOD) painting ??= requestAnimationFrame(showFrame);
  },
  viewer(data) {
    if (data.viewer !== viewer) return;
    counters = data;
    view.levels = data.picture?.levels ?? null;
    picture.heard(data);
    showState();
  },
  changed() {
    if (link.state === "logged-out" || link.state === "gone") picture.release();
    else if (link.state !== "closed") picture.start();
    showState();
  },
  revived() {
    picture.restart();
    showState();
  },
});

function ask() {
  asked = events(view);
  link.move(asked.url);
}

function showState() {
  const verdict = judge(link, card);
  stale = verdict.stale;
  const state = freeze?.shown ? "frozen" : verdict.state;
  showPill(byId("state"), state);
  setText(byId("reason"), verdict.reason);
  showVeil(stage, verdict);
  page.toggleAttribute("data-stale", stale);
  const title = freeze?.shown || stale ? `${texts.word(state)} · ${pageTitle}` : pageTitle;
  if (document.title !== title) document.title = title;
  showNumbers();
}

function showNumbers() {
  showConnection(card, counters, freeze?.shown ? null : view.levels, stale);
}

function showFrame() {
  painting = null;
  if (!card.frame) return;
  const image = present()?.image;
  if (image && (image.width !== fitted?.width || image.height !== fitted.height)) fit(image);
  showSpot();
  if (performance.now() - readAt >= READ_PERIOD) showReadings();
}

function showReadings() {
  clearTimeout(reading);
  readAt = performance.now();
  const frame = present();
  showImage(frame, freeze?.shown?.pulse);
  if (!frame) return table.show({}); // of this picture no event came: there are more pictures than events
  histogram?.show(frame);
  table.show(frame.values, frame.aside);
  showNumbers();
}

/** Stage and picture get the shape of what is shown. */
function fit(image) {
  if (!image) return;
  fitted = image;
  const placed = place(image, view.fields);
  stage.style.setProperty("--shown", placed.aspect.toFixed(6));
  over.place(placed);
  over.crosses("marks", marks());
}

/** The event of what is shown: the newest, or that of the frozen picture, or null. */
function present() {
  if (!freeze?.shown) return card.frame;
  return frames.find(({ pulse_id }) => String(pulse_id) === freeze.shown.pulse) ?? null;
}

async function showSpot() {
  const wanted = view.get("profiles");
  if (wanted) profiles ??= await load("profiles");
  profiles?.showProfiles(over, wanted && (freeze?.shown || !stale) ? present() : null);
}

/** What the address asks for: the same for whoever opens it. */
function showView() {
  const query = view.query();
  const url = address("stream.mjpg", `viewer=${viewer}`, query);
  if (url !== picture.url) freeze?.resume(); // what is held was another view's
  picture.show(url);
  byId("fault").hidden = true;
  share?.fill(view.all, query);
  byId("save-jpg").href = address("snapshot.jpg", view.query("fps"));
  byId("scale-bar").src = `/colormaps/${view.get("colormap") ?? "grey"}.png`;
  byId("whole").hidden = !view.get("roi");
  fit(fitted);
  ask();
  showBeside();
  showSpot();
  showState();
}

/** Its marks in words, and the way to its display. */
function showBeside() {
  setText(byId("marks"), texts.marks(marks()));
  byId("display").href = display(view);
}

async function refused() {
  if (!picture.running || picture.image.naturalWidth) return;
  (await load("refusal"))?.showRefusal(address("stream.mjpg", view.query()));
}

/** The marks [[x, y], …]. */
function marks() {
  const pairs = view.get("marks")?.match(/[^,]+,[^,]+/g) ?? [];
  return pairs.map((pair) => pair.split(",").map(Number));
}

let early = [];

/** Load what follows the pointer; what came meanwhile is done again then. */
async function wake(event) {
  if (early?.push(event) !== 1) return;
  const module = await load("pointer");
  const missed = early;
  early = module ? null : [];
  if (!module) return;
  new module.Pointer(byId("fit"), over, {
    frame: () => card.frame,
    marks,
    zoom: (roi) => view.set("roi", roi),
    mark: (all) => view.set("marks", all.flat().join(",")),
  });
  for (const one of missed) one.target.dispatchEvent(new one.constructor(one.type, one));
}

async function toggleFreeze() {
  const module = await load("freeze");
  if (!module) return;
  const url = () => picture.url.replace("/stream.mjpg", "/recent.mjpg");
  freeze ??= new module.Freeze(stage, url, () => {
    readAt = -READ_PERIOD;
    showFrame();
    showState();
  });
  freeze.toggle();
}

/** Call a function when a panel is opened, and at once if it is open. */
function onOpen(panel, open) {
  const look = () => panel.open && open();
  panel.addEventListener("toggle", look);
  look();
}

picture.image.addEventListener("load", showState);
picture.image.addEventListener("error", refused);
for (const type of ["over", "down", "move", "up", "cancel", "leave"]) byId("fit").addEventListener(`pointer${type}`, wake);
byId("fit").addEventListener("keydown", wake);
for (const id of ["zoom", "mark"]) byId(id).addEventListener("click", wake);
byId("freeze").addEventListener("click", toggleFreeze);
byId("whole").addEventListener("click", () => view.set("roi", ""));
byId("full-screen").addEventListener("click", () => {
  document.fullscreenElement ? document.exitFullscreen() : stage.parentElement.requestFullscreen();
});
byId("settings").addEventListener("toggle", ask);
onOpen(byId("settings"), async () => {
  const [background, module] = await Promise.all([load("background"), load("histogram")]);
  if (module) (histogram ??= new module.Histogram(view)).show(card.frame);
  background?.showBackground();
});
onOpen(byId("share"), async () => {
  share = await load("share");
  share?.fill(view.all, view.query());
});
window.addEventListener("resize", () => fit(fitted));
setInterval(() => {
  link.tick();
  showState();
}, 1000);
showBeside();
link.open();
whileWatched({
  come: () => link.open(),
  leave() {
    link.close();
    freeze?.resume();
    picture.release();
    card.status = card.frame = card.frameAt = counters = null;
  },
});
