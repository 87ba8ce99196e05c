// The camera page: picture, state, values and numbers of one camera.

import { keepBackground } from "./background.js";
import { age, localTime, megabytes, number } from "./format.js";
import { Freeze } from "./freeze.js";
import { place } from "./geometry.js";
import { Link } from "./link.js";
import { Over } from "./over.js";
import { Picture } from "./picture.js";
import { Pointer } from "./pointer.js";
import { whileWatched } from "./presence.js";
import { fillShare, makeCopyable } from "./share.js";
import { judge, setText, showPill, showVeil } from "./state.js";
import { texts } from "./texts.js";
import { ValuesTable } from "./values.js";
import { View } from "./view.js";

// What is older was recorded, not sent just now; what comes from the future comes from a clock that goes wrong.
const PLAUSIBLE_AGE = [-0.05, 60];
// At 10 Hz as many as 30 pictures last, if they come at 1 Hz or more.
const FRAMES = 300;
// The stage takes the picture's own shape within these, so that a line camera's does not vanish.
const ASPECT = [0.6, 3];

// What the page asks for beside the channels: where the axes lie always, the others while profiles are shown.
const AXES = ["x_first", "x_step", "y_first", "y_step"];
const SPOT = ["x", "y"].flatMap((side) => [`${side}_profile`, `${side}_center_of_mass`, `${side}_fwhm`]);

const byId = (id) => document.getElementById(id);
const put = (id, text) => setText(byId(id), text ?? texts.none);

const page = byId("camera");
const { camera, path, viewer } = page.dataset;
const stage = byId("stage");
const pageTitle = document.title;
const picture = new Picture(byId("picture"));
const view = new View(byId("view"), showView);
const parts = ["values", "filter", "values-count", "values-empty"].map(byId);
const table = new ValuesTable(...parts, view.get("pins")?.split(","), (pins) => view.set("pins", pins.join(",")));
const card = { picture, status: null, frame: null, frameAt: null };
let counters = null;
let painting = false;
let stale = true;

// The newest events, so that a frozen picture has its own values beside it, or none.
const frames = [];
const freeze = new Freeze(stage, () => picture.url.replace("/stream.mjpg", "/recent.mjpg"), () => {
  showFrame();
  showState();
});

const over = new Over(byId("over"));
const pointer = new Pointer(byId("fit"), over, path, { zoom: byId("zoom"), mark: byId("mark") }, {
  moved: showCursor,
  zoom: (roi) => view.set("roi", roi),
  mark: (pixel) => view.set("marks", marked(pixel).flat().join(",")),
});

const link = new Link(eventsUrl(), camera, {
  status(data) {
    if (card.status && card.status.status !== "live" && data.status === "live") table.clear();
    card.status = data;
    showState();
  },
  frame(data) {
    frames.push(data);
    if (frames.length > FRAMES) frames.shift();
    table.note(data.values);
    card.frame = data;
    card.frameAt = Date.now();
    picture.frame();
    // Only the newest frame before a repaint is worth the work, and none in a hidden tab.
    if (!painting) requestAnimationFrame(showFrame);
    painting = true;
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
  const names = [...AXES, ...(view.get("profiles") ? SPOT : [])];
  // A measure that is pinned is computed for as long as it is.
  if (view.get("pins")) names.push(encodeURIComponent(view.get("pins")));
  return `${path}/events?rate=10&channels=*,${names}&viewer=${encodeURIComponent(viewer)}`;
}

function showState() {
  const verdict = judge(link, card);
  stale = verdict.stale;
  showPill(byId("state"), freeze.shown ? "frozen" : verdict.state);
  setText(byId("reason"), verdict.reason);
  showVeil(stage, verdict);
  page.toggleAttribute("data-stale", stale);
  const title = freeze.shown ? `${texts.word("frozen")} · ${pageTitle}` : stale ? `${texts.word(verdict.state)} · ${pageTitle}` : pageTitle;
  if (document.title !== title) document.title = title;
  showConnection();
}

function showFrame() {
  painting = false;
  if (!card.frame) return;
  const frame = present();
  if (!frame) {
    // Of this picture no event came: there are more pictures than events.
    for (const id of ["time", "sequence"]) put(id, null);
    put("pulse-id", freeze.shown.pulse);
    table.show({});
    return showSpot();
  }
  const { image } = frame;
  fit(image);
  showSpot();
  put("image-size", image && `${image.width} × ${image.height}`);
  put("image-type", image?.dtype);
  put("image-channel", image?.channel);
  put("pulse-id", String(frame.pulse_id));
  put("time", frame.timestamp ? localTime(frame.timestamp) : null);
  put("sequence", String(frame.sequence));
  const shown = { ...frame.values };
  for (const name of AXES) delete shown[name];
  table.show(shown);
  showConnection();
}

/** The stage gets about the picture's shape, and what fits into it exactly that. */
function fit(image) {
  if (!image) return;
  const placed = place(image, view.fields);
  const { aspect } = placed;
  stage.style.setProperty("--aspect", Math.min(Math.max(aspect, ASPECT[0]), ASPECT[1]).toFixed(3));
  stage.style.setProperty("--shown", aspect.toFixed(6));
  over.place(placed);
  over.crosses("marks", marks());
}

/** The event of what is shown: the newest, or that of the frozen picture, or null. */
function present() {
  if (!freeze.shown) return card.frame;
  return frames.find(({ pulse_id }) => String(pulse_id) === freeze.shown.pulse) ?? null;
}

/** The spot's profiles, centre and widths, of the whole image, whatever of it is shown. */
function showSpot() {
  const frame = present();
  const values = frame?.values;
  const on = values && view.get("profiles") && (freeze.shown || !stale);
  const side = (name) => {
    const [first, step] = [values[`${name}_first`], values[`${name}_step`]];
    const place = values[`${name}_center_of_mass`];
    const centre = typeof place === "number" && step ? (place - first) / step : null;
    return { profile: values[`${name}_profile`], centre };
  };
  if (over.placed) over.profiles(on ? { x: side("x"), y: side("y") } : null);
  const say = (name) => {
    const unit = frame.units?.[`${name}_fwhm`] ?? "";
    return texts.spot(name, ...[`${name}_center_of_mass`, `${name}_fwhm`].map((key) => measure(values[key])), unit);
  };
  setText(byId("spot"), on ? `${say("x")} · ${say("y")}` : "");
}

const measure = (value) => (typeof value === "number" ? number(value, 5) : texts.none);

function showCursor(pixel, values) {
  if (!over.placed) return;
  over.crosses("cursor", pixel ? [pixel] : []);
  setText(byId("at"), pixel ? texts.cursor(pixel, coordinates(pixel), values?.map((value) => number(value)).join(" ")) : "");
}

/** Where a pixel lies on calibrated axes, with their units; else nothing. */
function coordinates(pixel) {
  const { values = {}, units = {} } = card.frame ?? {};
  if (![..."xy"].some((side) => values[`${side}_step`] && units[`${side}_step`] !== "px")) return "";
  const one = (side, i) => `${measure(values[`${side}_first`] + pixel[i] * values[`${side}_step`])} ${units[`${side}_step`] ?? ""}`;
  return `${one("x", 0)}, ${one("y", 1)}`.trim();
}

function marks() {
  const numbers = (view.get("marks") ?? "").split(",").map(Number);
  return Array.from({ length: numbers.length >> 1 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]]);
}

/** The marks with one more, or with those fewer that lie here already. */
function marked([x, y]) {
  const reach = over.placed.roi.width / 50;
  const others = marks().filter((mark) => Math.hypot(mark[0] - x, mark[1] - y) > reach);
  return others.length < marks().length ? others : [...others, [x, y]];
}

/** What the address asks for: the same for whoever opens it. */
function showView() {
  const [query, still] = [view.query(), view.query("fps")];
  const url = `${path}/stream.mjpg?viewer=${encodeURIComponent(viewer)}${query && `&${query}`}`;
  if (url !== picture.url) freeze.resume(); // what is held was another view's
  picture.show(url);
  byId("fault").hidden = true;
  fillShare(byId("share"), view.all, query);
  byId("save-jpg").href = `${path}/snapshot.jpg${still && `?${still}`}`;
  byId("scale-bar").src = `/colormaps/${view.get("colormap") ?? "grey"}.png`;
  byId("whole").hidden = !view.get("roi");
  fit(card.frame?.image);
  link.move(eventsUrl());
  setText(byId("marks"), texts.marks(marks()));
  showSpot();
  showState();
}

/** An <img> does not say why it was refused; the same address without the page's id does. */
async function showRefusal() {
  if (!picture.running || byId("picture").naturalWidth) return;
  const asked = new AbortController();
  try {
    const query = view.query();
    const answer = await fetch(`${path}/stream.mjpg${query && `?${query}`}`, { signal: asked.signal });
    const fault = byId("fault");
    fault.hidden = answer.ok || answer.status === 401;
    if (!fault.hidden) setText(fault, (await answer.text()).trim());
  } catch {
    // Unreachable: the link says so.
  } finally {
    asked.abort();
  }
}

/** Totals stay true when nothing comes; a rate or an age would not. */
function showConnection() {
  const stats = card.frame?.stats;
  const lag = stats ? card.frameAt / 1000 - card.frame.timestamp : NaN;
  put("messages-received", stats && String(stats.messages_received));
  put("bytes-received", stats && megabytes(stats.bytes_received));
  put("skipped", counters && String(counters.skipped));
  put("rate", !stale && stats ? texts.hertz(stats.rate) : null);
  put("bytes-rate", !stale && stats ? `${megabytes(stats.bytes_rate)}/s` : null);
  put("shown-rate", !stale && picture.rate !== null ? texts.hertz(picture.rate) : null);
  const cost = !stale && picture.bytesRate !== null ? texts.kilobytes(picture.bytesRate) : null;
  put("shown-bytes", cost);
  put("cost", cost && texts.cost(cost, texts.hertz(picture.rate)));
  const levels = !stale && !freeze.shown && view.levels;
  setText(byId("scale-low"), levels ? number(levels[0], 4) : "");
  setText(byId("scale-high"), levels ? number(levels[1], 4) : "");
  put("age", !stale && lag >= PLAUSIBLE_AGE[0] && lag < PLAUSIBLE_AGE[1] ? age(lag) : null);
}

picture.image.addEventListener("load", showState);
picture.image.addEventListener("error", showRefusal);
byId("whole").addEventListener("click", () => view.set("roi", ""));
byId("full-screen").addEventListener("click", () => {
  document.fullscreenElement ? document.exitFullscreen() : stage.parentElement.requestFullscreen();
});
keepBackground(`${path}/background`, byId("capture"), byId("background"));
setInterval(() => {
  link.tick();
  showState();
}, 1000);
setText(byId("marks"), texts.marks(marks()));
makeCopyable(byId("share"));
fillShare(byId("share"), view.all, view.query());
link.open();
whileWatched({
  come: () => link.open(),
  leave() {
    link.close();
    freeze.resume();
    picture.release();
    card.status = card.frame = card.frameAt = counters = null;
  },
});
