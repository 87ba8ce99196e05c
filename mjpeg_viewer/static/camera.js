// The camera page: picture, state, values and numbers of one camera.

import { age, localTime, megabytes } from "./format.js";
import { Link } from "./link.js";
import { Picture } from "./picture.js";
import { whileWatched } from "./presence.js";
import { fillShare } from "./share.js";
import { judge, setText, showPill, showVeil } from "./state.js";
import { texts } from "./texts.js";
import { ValuesTable } from "./values.js";

// What is older was recorded, not sent just now; what comes from the future comes from a clock that goes wrong.
const PLAUSIBLE_AGE = [-0.05, 60];
// The stage takes the picture's own shape within these, so that a line camera's does not vanish.
const ASPECT = [0.6, 3];

const byId = (id) => document.getElementById(id);
const put = (id, text) => setText(byId(id), text ?? texts.none);

const page = byId("camera");
const { camera, path, viewer } = page.dataset;
const stage = byId("stage");
const pageTitle = document.title;
const table = new ValuesTable(byId("values"), byId("filter"), byId("values-count"), byId("values-empty"));
const picture = new Picture(byId("picture"));
const card = { picture, status: null, frame: null, frameAt: null };
let counters = null;
let painting = false;
let stale = true;

const link = new Link(`${path}/events?rate=10&viewer=${encodeURIComponent(viewer)}`, camera, {
  status(data) {
    if (card.status && card.status.status !== "live" && data.status === "live") table.clear();
    card.status = data;
    showState();
  },
  frame(data) {
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

function showState() {
  const verdict = judge(link, card);
  stale = verdict.stale;
  showPill(byId("state"), verdict.state);
  setText(byId("reason"), verdict.reason);
  showVeil(stage, verdict);
  page.toggleAttribute("data-stale", stale);
  const title = stale ? `${texts.word(verdict.state)} · ${pageTitle}` : pageTitle;
  if (document.title !== title) document.title = title;
  showConnection();
}

function showFrame() {
  painting = false;
  const { frame } = card;
  if (!frame) return;
  const { image } = frame;
  if (image) {
    const aspect = Math.min(Math.max(image.width / image.height, ASPECT[0]), ASPECT[1]);
    stage.style.setProperty("--aspect", aspect.toFixed(3));
  }
  put("image-size", image && `${image.width} × ${image.height}`);
  put("image-type", image?.dtype);
  put("image-channel", image?.channel);
  put("pulse-id", String(frame.pulse_id));
  put("time", frame.timestamp ? localTime(frame.timestamp) : null);
  put("sequence", String(frame.sequence));
  table.show(frame.values);
  showConnection();
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
  put("age", !stale && lag >= PLAUSIBLE_AGE[0] && lag < PLAUSIBLE_AGE[1] ? age(lag) : null);
}

picture.image.addEventListener("load", showState);
setInterval(() => {
  link.tick();
  showState();
}, 1000);
fillShare(byId("share"));
link.open();
whileWatched({
  come: () => link.open(),
  leave() {
    link.close();
    picture.release();
    card.status = card.frame = card.frameAt = counters = null;
  },
});
