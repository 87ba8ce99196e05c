// A picture that is asked for again and again, where a stream would cost one connection too many.

const PERIOD = 5;
const RETRY = 2;

/** Answers as Picture does, for a card need not know which of them it has. */
export class Snapshots {
  static period = PERIOD;

  constructor(image) {
    this.image = image;
    this.url = image.getAttribute("src");
    this.running = true;
    this.tries = 0;
    this.held = 0;
    this.painted = false;
    this.askedAt = 0;
  }

  start() {
    this.running = true;
  }

  release() {
    this.running = false;
  }

  restart() {}
  frame() {}
  heard() {}

  /** Call each second.  The old picture stays until the new one is there, unless it was not `wanted` meanwhile. */
  async tick(wanted) {
    if (!this.running || !wanted) {
      this.painted = false;
      this.askedAt = 0;
    } else if (Date.now() - this.askedAt >= 1000 * (this.painted ? PERIOD : RETRY)) {
      this.askedAt = Date.now();
      const next = new Image();
      next.alt = "";
      next.src = `${this.url}&try=${++this.tries}`;
      this.painted = await next.decode().then(() => this.running, () => false);
      if (!this.painted) return;
      this.image.replaceWith(next);
      this.image = next;
    }
    // Hides the browser's sign for a broken picture.
    this.image.classList.toggle("broken", !this.image.naturalWidth);
  }
}
