// The camera page: picture, state, values and numbers of one camera.  What only some use comes with its first use.

import { byId, setText } from "./dom.js";
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
// The stage takes the picture's own shape within these, so that a line camera's does not vanish.
const ASPECT = [0.6, 3];
// In ms: faster nobody reads, and each reading costs a layout.
const READ_PERIOD = 250;

// What the page asks for beside the channels: where the axes lie always, the others while they are shown.
const AXES = ["x_first", "x_step", "y_first", "y_step"];
const SPOT = ["x", "y"].flatMap((side) => [`${side}_profile`, `${side}_center_of_mass`, `${side}_fwhm`]);
const HISTOGRAM = ["histogram", "min_value", "max_value"];

const page = byId("camera");
const { camera, path, viewer } = page.dataset;
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
let aside; // what the page asks for, and nobody else

// The newest events, so that a frozen picture has its own values beside it, or none.
const frames = [];

const over = new Over(byId("over"));
const link = new Link(eventsUrl(), camera, {
  status(data) {
    if (card.status && card.status.status !== "live" && data.status === "live") table.clear();
    card.status = data;
    showState();
  },
  frame(data) {
    data.aside = aside;
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

function eventsUrl() {
  aside = [...AXES, ...(byId("settings").open ? HISTOGRAM : [])];
  const names = [...aside, ...(view.get("profiles") ? SPOT : [])];
  // A measure that is pinned is computed for as long as it is.
  if (view.get("pins")) names.push(encodeURIComponent(view.get("pins")));
  const background = view.get("background") ? "&background=subtract" : "";
  return `${path}/events?rate=10&channels=*,${names}${background}&viewer=${viewer}`;
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

/** The stage gets about the picture's shape, and what fits into it exactly that. */
function fit(image) {
  if (!image) return;
  fitted = image;
  const placed = place(image, view.fields);
  const { aspect } = placed;
  stage.style.setProperty("--aspect", Math.min(Math.max(aspect, ASPECT[0]), ASPECT[1]).toFixed(3));
  stage.style.setProperty("--shown", aspect.toFixed(6));
  over.place(placed);
  over.crosses("marks", marks());
}

/** The event of what is shown: the newest, or that of the frozen picture, or null. */
function present() {
  if (!freeze?.shown) return card.frame;
  return frames.find(({ pulse_id }) => String(pulse_id) === freeze.shown.pulse) ?? null;
}

/** A module at its first use; where the server does not answer, the next use tries again. */
const load = (name) => import(`./${name}.js`).catch((error) => {
  if (!(error instanceof TypeError)) throw error;
});

async function showSpot() {
  const wanted = view.get("profiles");
  if (wanted) profiles ??= await load("profiles");
  profiles?.showProfiles(over, wanted && (freeze?.shown || !stale) ? present() : null);
}

/** What the address asks for: the same for whoever opens it. */
function showView() {
  const [query, still] = [view.query(), view.query("fps")];
  const url = `${path}/stream.mjpg?viewer=${viewer}${query && `&${query}`}`;
  if (url !== picture.url) freeze?.resume(); // what is held was another view's
  picture.show(url);
  byId("fault").hidden = true;
  share?.fill(view.all, query);
  byId("save-jpg").href = `${path}/snapshot.jpg${still && `?${still}`}`;
  byId("scale-bar").src = `/colormaps/${view.get("colormap") ?? "grey"}.png`;
  byId("whole").hidden = !view.get("roi");
  fit(fitted);
  link.move(eventsUrl());
  showBeside();
  showSpot();
  showState();
}

/** The marks in words; and a display that shows the same picture, and what is pinned here. */
function showBeside() {
  setText(byId("marks"), texts.marks(marks()));
  const pins = view.get("pins")?.split(",").slice(0, 4).map(encodeURIComponent).join(",");
  const query = [view.query(), pins && `channels=${pins}`].filter(Boolean).join("&");
  byId("display").href = `${path}/display${query && `?${query}`}`;
}

async function refused() {
  if (!picture.running || picture.image.naturalWidth) return;
  const query = view.query();
  (await load("refusal"))?.showRefusal(`${path}/stream.mjpg${query && `?${query}`}`);
}

/** The marks [[x, y], …]. */
function marks() {
  const pairs = view.get("marks")?.match(/[^,]+,[^,]+/g) ?? [];
  return pairs.map((pair) => pair.split(",").map(Number));
}

const waking = ["over", "down", "move", "up", "cancel"].map((type) => ["fit", `pointer${type}`]);
waking.push(["fit", "keydown"], ["zoom", "click"], ["mark", "click"]);
const early = [];

/** Load what follows the pointer; what came meanwhile is done again then. */
async function wake(event) {
  early.push(event);
  if (early.length > 1) return;
  const module = await load("pointer");
  if (!module) return void (early.length = 0);
  for (const [id, type] of waking) byId(id).removeEventListener(type, wake);
  new module.Pointer(byId("fit"), over, path, {
    frame: () => card.frame,
    marks,
    zoom: (roi) => view.set("roi", roi),
    mark: (all) => view.set("marks", all.flat().join(",")),
  });
  for (const one of early) one.target.dispatchEvent(new one.constructor(one.type, one));
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
for (const [id, type] of waking) byId(id).addEventListener(type, wake);
byId("freeze").addEventListener("click", toggleFreeze);
byId("whole").addEventListener("click", () => view.set("roi", ""));
byId("full-screen").addEventListener("click", () => {
  document.fullscreenElement ? document.exitFullscreen() : stage.parentElement.requestFullscreen();
});
byId("settings").addEventListener("toggle", () => link.move(eventsUrl()));
onOpen(byId("settings"), async () => {
  const [background, module] = await Promise.all([load("background"), load("histogram")]);
  if (module) (histogram ??= new module.Histogram(view)).show(card.frame);
  background?.showBackground(`${path}/background`);
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
