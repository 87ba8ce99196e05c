// The picture held still, and the ones before it: the very pictures that the server sent, with their pulse ids.

import { byId, setText } from "./dom.js";
import { localTime } from "./format.js";
import { texts } from "./texts.js";

export class Freeze {
  /**
   * @param url     tells where the last pictures are
   * @param changed called when another picture is shown, or the present again
   */
  constructor(stage, url, changed) {
    Object.assign(this, { stage, url, changed, pictures: [], index: 0 });
    byId("older").addEventListener("click", () => this.#show(this.index - 1));
    byId("newer").addEventListener("click", () => this.#show(this.index + 1));
  }

  /** {blob, pulse, time} of the picture that is held, or undefined. */
  get shown() {
    return this.pictures[this.index];
  }

  toggle() {
    return this.shown ? this.resume() : this.#freeze();
  }

  resume() {
    if (!this.shown) return;
    this.pictures = [];
    this.#show(0);
  }

  async #freeze() {
    const line = byId("frozen-line");
    try {
      const answer = await fetch(this.url());
      if (!answer.ok) throw new Error((await answer.text()).trim());
      this.pictures = split(await answer.arrayBuffer());
      if (!this.pictures.length) throw new Error(texts.nothingShown);
      this.#show(this.pictures.length - 1);
    } catch (error) {
      line.hidden = false;
      setText(line, texts.failed(error.message));
    }
  }

  #show(index) {
    this.index = Math.min(Math.max(index, 0), Math.max(this.pictures.length - 1, 0));
    const { shown, stage } = this;
    const image = byId("frozen");
    URL.revokeObjectURL(image.src);
    image.hidden = byId("older").hidden = byId("newer").hidden = byId("frozen-line").hidden = !shown;
    image.src = shown ? URL.createObjectURL(shown.blob) : "";
    stage.toggleAttribute("data-frozen", Boolean(shown));
    setText(byId("freeze"), texts.freeze(Boolean(shown)));
    byId("older").disabled = this.index === 0;
    byId("newer").disabled = this.index === this.pictures.length - 1;
    if (shown) {
      const time = shown.time ? localTime(Number(shown.time)) : texts.none;
      setText(byId("frozen-line"), texts.frozen(time, shown.pulse, this.index + 1, this.pictures.length));
    }
    const save = byId("save-jpg");
    this.saved ??= save.href;
    save.href = shown ? image.src : this.saved;
    save.download = shown ? `${stage.closest("[data-camera]").dataset.camera}_${shown.pulse}.jpg` : "";
    for (const other of save.parentElement.children) {
      if (other !== save) other.hidden = other.matches(".frozen-only") !== Boolean(shown);
    }
    if (!shown) this.saved = null;
    this.changed();
  }
}

/** The parts of a multipart body that all have a Content-Length. */
function split(buffer) {
  const bytes = new Uint8Array(buffer);
  const parts = [];
  for (let at = 0; ; ) {
    const head = new TextDecoder("latin1").decode(bytes.subarray(at, at + 600));
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return parts;
    const get = (name) => new RegExp(`^${name}: (.*)\r$`, "m").exec(head.slice(0, end + 2))?.[1];
    const begin = at + end + 4;
    at = begin + Number(get("Content-Length"));
    parts.push({ blob: new Blob([bytes.subarray(begin, at)], { type: "image/jpeg" }), pulse: get("X-Pulse-Id"), time: get("X-Timestamp") });
  }
}
