// An <img> that shows a stream, and its watchdog.
//
// <img> fires no event when its stream ends, and the frozen picture looks alive.  So the server tells each second
// whether it has a stream open for this viewer (`viewer` events), and the picture starts again when it has none.

// Two in a row: the first may come before the stream's own request.
const MISSED_LIMIT = 2;
const MISSED_LIMIT_MAX = 16;
// Frames come, but no picture: said after 3 s.  To end a stream that stalls is the server's part.
const HELD = 3000;
const RATE_WINDOW = 5;
// WebKit crashes where a stream ends before its first part, which comes within a second.
const FIRST_PART = 1500;
// So many left out within the window happen on every link.
const FEW = 3;

export class Picture {
  /** @param image an <img> whose src, already running, is the stream's address with a query */
  constructor(image) {
    this.image = image;
    this.url = image.getAttribute("src");
    this.running = true;
    this.tries = 0;
    this.missedLimit = MISSED_LIMIT;
    this.#forget();
    // Hides the browser's broken picture.  The error of an emptied src may come after the next src is set.
    image.addEventListener("error", () => image.classList.toggle("broken", image.complete && !image.naturalWidth));
  }

  /** Whether a first picture has been painted since the stream was started, and the stream has not ended since. */
  get painted() {
    return this.running && this.missed === 0 && this.image.naturalWidth > 0;
  }

  /** Milliseconds for which frames have come without a picture, or 0 while pictures follow. */
  get held() {
    const held = Date.now() - this.sentAt;
    return this.streaming && this.framesSinceSent > 1 && held > HELD ? held : 0;
  }

  /** Pictures per second that the server sent here lately, or null while unknown. */
  get rate() {
    return this.#rate("sent");
  }

  /** The share of the latest pictures that the server left out because this link was still taking others. */
  get skipping() {
    const [first, last] = [this.counts.at(0), this.counts.at(-1)];
    const skipped = this.counts.length < 2 ? 0 : last.skipped - first.skipped;
    return skipped < FEW ? 0 : skipped / (skipped + last.sent - first.sent);
  }

  /** Bytes per second that the server sent here lately, or null while unknown. */
  get bytesRate() {
    return this.#rate("bytes");
  }

  start() {
    if (this.running) return;
    clearTimeout(this.telling);
    this.running = true;
    this.#forget();
    this.image.classList.remove("broken");
    this.image.src = `${this.url}&try=${++this.tries}`;
  }

  /** Close the stream.  WebKit keeps it open whatever becomes of the element, so the server is told. */
  release() {
    const tell = () => fetch(this.url, { method: "DELETE" }).catch(() => {});
    if (this.running) this.telling = setTimeout(tell, FIRST_PART);
    this.#stop();
  }

  /** Show another stream.  The server ends the old one of the same page, and it is seen until the new one comes. */
  show(url) {
    if (url === this.url) return;
    this.url = url;
    if (!this.running) return;
    this.running = false;
    this.start();
  }

  restart() {
    this.#stop();
    // Not at once: two changes of src in one task count as one, and the old stream would not be closed.
    setTimeout(() => this.start());
  }

  /** A frame was announced. */
  frame() {
    this.framesSinceSent += 1;
  }

  /** The server's word on this viewer's stream: {streaming, sent, skipped}. */
  heard(viewer) {
    if (!this.running) return;
    this.streaming = viewer.streaming;
    if (!viewer.streaming) {
      this.missed += 1;
      if (this.missed >= this.missedLimit) {
        this.missedLimit = Math.min(2 * this.missedLimit, MISSED_LIMIT_MAX);
        this.restart();
      }
      return;
    }
    this.missed = 0;
    const last = this.counts.at(-1);
    if (last && viewer.sent < last.sent) this.counts = [];
    if (!last || viewer.sent !== last.sent) {
      this.sentAt = Date.now();
      this.framesSinceSent = 0;
      if (viewer.sent > 0) this.missedLimit = MISSED_LIMIT;
    }
    this.counts.push({ at: Date.now(), sent: viewer.sent, bytes: viewer.sent_bytes, skipped: viewer.skipped });
    if (this.counts.length > RATE_WINDOW) this.counts.shift();
  }

  #rate(count) {
    const [first, last] = [this.counts.at(0), this.counts.at(-1)];
    return this.counts.length < 2 ? null : (last[count] - first[count]) / ((last.at - first.at) / 1000);
  }

  /** An empty src closes a stream in most browsers; taking the element away does not. */
  #stop() {
    this.running = false;
    this.image.src = "";
  }

  #forget() {
    this.streaming = false;
    this.missed = 0;
    this.counts = [];
    this.sentAt = Date.now();
    this.framesSinceSent = 0;
  }
}
