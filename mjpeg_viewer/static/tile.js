// One camera of the wall: its picture, streamed or by snapshots or not at all, and the words below it.

import { setText } from "./dom.js";
import { duration } from "./format.js";
import { Picture } from "./picture.js";
import { Snapshots } from "./snapshots.js";
import { judge, showPill, showVeil } from "./state.js";
import { texts } from "./texts.js";

// What a tile shows is small, and glanced at.
const SMALL = "width=480";
const GLANCE = "fps=5";

export class Tile {
  constructor(element) {
    this.element = element;
    this.camera = element.dataset.camera;
    this.viewer = element.dataset.viewer;
    const image = element.querySelector(".stage img");
    /** stream | snapshots | off */
    this.mode = image.hasAttribute("src") ? "stream" : "off";
    this.onScreen = this.mode === "stream";
    this.picture = this.mode === "stream" ? new Picture(image) : new Snapshots(image, this.#snapshot);
    this.forget();
  }

  /** Nothing heard before counts any more. */
  forget() {
    this.status = this.frame = this.frameAt = null;
  }

  /** Whether pictures can be hoped for; nobody knows before the first word. */
  get hopeful() {
    return !this.status || this.status.status === "live";
  }

  become(mode) {
    if (mode === this.mode) return;
    this.picture.release();
    const streams = this.picture instanceof Picture;
    if (mode !== "off" && (mode === "stream") !== streams) this.#exchange(streams);
    else if (mode !== "off") this.picture.start();
    this.mode = mode;
  }

  /** Let the other kind of picture go on in a new <img>: what the old one shows would be taken for its own. */
  #exchange(streams) {
    const image = new Image();
    image.alt = "";
    this.picture.image.replaceWith(image);
    if (streams) {
      image.className = "broken";
      this.picture = new Snapshots(image, this.#snapshot);
    } else {
      image.src = this.#stream;
      this.picture = new Picture(image);
    }
  }

  get #stream() {
    const again = `&try=${performance.now().toFixed(0)}`; // an address that was closed a moment ago may be remembered
    return `${this.element.dataset.path}/stream.mjpg?viewer=${this.viewer}&${SMALL}&${GLANCE}${again}`;
  }

  get #snapshot() {
    return `${this.element.dataset.path}/snapshot.jpg?${SMALL}`;
  }

  show(link) {
    const find = (selector) => this.element.querySelector(selector);
    const verdict = judge(link, this);
    showPill(find(".pill"), verdict.state);
    setText(find(".reason"), verdict.reason);
    showVeil(find(".stage"), verdict);
    setText(find(".rate"), verdict.stale || !this.frame ? "" : texts.hertz(this.frame.stats.rate));
    setText(find(".age"), verdict.stale || !this.frame ? "" : this.#age());
  }

  #age() {
    const { age } = this.picture;
    if (age) return texts.pictureAge(duration(Math.ceil(age)));
    const silent = (Date.now() - this.frameAt) / 1000;
    return silent < 1 ? texts.fresh : texts.aged(duration(silent));
  }
}
