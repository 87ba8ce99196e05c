// A picture that is asked for again and again, where a stream would cost one connection too many.

// Milliseconds.  A snapshot may be as old as MAX_AGE when it comes: so it comes at once, while the camera lives.
const MAX_AGE = 1000;
const PERIOD = 2000;
// The page has one connection for all its snapshots: none may hold it for long.
const ANSWER_TIMEOUT = 2000;
// Older than this a picture is none of now, however slow its connection.
const OLD = 15000;

/** Answers as Picture does, for a tile need not know which of them it has. */
export class Snapshots {
  held = 0;
  skipping = 0;
  #askedAt = 0;
  #shownAt = 0;
  #tries = 0;
  #running = true;

  /** @param url a snapshot's address with a query */
  constructor(image, url) {
    this.image = image;
    this.url = `${url}&max_age_ms=${MAX_AGE}`;
  }

  get painted() {
    return this.#running && this.#shownAt > 0 && Date.now() - this.#shownAt < OLD;
  }

  /** At most so many seconds ago the camera sent what is shown, or null where nothing is. */
  get age() {
    return this.painted ? (Date.now() - this.#shownAt + MAX_AGE) / 1000 : null;
  }

  /** Milliseconds for which the next one has been due. */
  get due() {
    return this.#running ? Date.now() - this.#askedAt - PERIOD : -1;
  }

  start() {
    this.#running = true;
  }

  /** What is shown now will be none of now when somebody looks again. */
  release() {
    this.#running = false;
    this.#askedAt = this.#shownAt = 0;
  }

  restart() {}
  frame() {}
  heard() {}

  /** Ask for the next one, and wait for it.  The old one stays until it is there. */
  async ask() {
    const asked = (this.#askedAt = Date.now());
    const next = this.image.cloneNode();
    next.src = `${this.url}&try=${++this.#tries}`;
    // An emptied src ends the request.
    const timer = setTimeout(() => (next.src = ""), ANSWER_TIMEOUT);
    const came = await next.decode().then(() => true, () => false);
    clearTimeout(timer);
    // Released meanwhile, or even asked anew: then nobody waits for this one.
    if (!came || this.#askedAt !== asked) return;
    this.#shownAt = asked;
    next.classList.remove("broken");
    this.image.replaceWith(next);
    this.image = next;
  }
}
