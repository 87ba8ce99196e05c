// The page's one EventSource: it never gives up, never hurries, and knows when it is not to be believed.
//
// EventSource gives up for ever on any answer other than 200, and does not notice a connection that went silent.
// Both are mended here.

// The server sends a `viewer` event each second.  After 3 s without any, what the page shows may be old; after 5 s
// the connection is dead, though nobody said so (laptop sleep, network change).
const BELIEVED = 3000;
const DEAD = 5000;
const RETRY = 2000;
// A logged-out page stays open for days: asking seldom is enough.
const REFUSED_RETRY = 5000;
const ANSWER_TIMEOUT = 4000;

export class Link {
  /**
   * @param camera   whose absence from the server's state means "gone", or null
   * @param handlers function(data) by event name; `changed()` after each change of `state`; `revived()` when the
   *                 connection is open again after it was broken: whatever else the server had open may be gone
   */
  constructor(url, camera, handlers) {
    this.url = url;
    this.camera = camera;
    this.handlers = handlers;
    /** closed | opening | open | broken | logged-out | gone */
    this.state = "closed";
    this.heardAt = null;
    this.source = null;
    this.timer = null;
  }

  /** Whether the newest thing heard is the present. */
  get believed() {
    return this.state === "open" && Date.now() - this.heardAt < BELIEVED;
  }

  /** Whether the first connection is still being made, and not yet overdue. */
  get opening() {
    return this.state === "opening" && Date.now() - this.openedAt < BELIEVED;
  }

  open() {
    this.close();
    this.heardAt = null;
    this.#connect("opening");
  }

  /** Listen at another address; what was heard stays true meanwhile. */
  move(url) {
    if (url === this.url) return;
    this.url = url;
    if (this.source) this.#connect(this.state);
  }

  close() {
    this.#drop();
    this.#become("closed");
  }

  /** Call each second. */
  tick() {
    if (this.source === null || this.source.readyState === EventSource.CLOSED) return;
    if (Date.now() - Math.max(this.heardAt ?? 0, this.triedAt) < DEAD) return;
    this.#connect("broken");
  }

  #connect(state) {
    this.#drop();
    this.triedAt = Date.now();
    if (state === "opening") this.openedAt = this.triedAt;
    const source = new EventSource(this.url);
    this.source = source;
    source.onopen = () => (this.triedAt = Date.now());
    source.onerror = () => {
      if (source !== this.source) return;
      const refused = source.readyState === EventSource.CLOSED;
      // "gone" stays until somebody knows better.
      if (!refused || this.state !== "gone") this.#become("broken");
      if (refused) this.#ask();
    };
    for (const name of ["status", "frame", "viewer"]) {
      source.addEventListener(name, (event) => {
        if (source !== this.source) return;
        this.heardAt = Date.now();
        this.#become("open");
        this.handlers[name]?.(JSON.parse(event.data));
      });
    }
    this.#become(state);
  }

  /** EventSource hides why it was refused; the server's state does not. */
  async #ask() {
    const asked = this.source;
    let state = "broken";
    try {
      const answer = await fetch("/state", {
        cache: "no-store",
        headers: { Accept: "application/json" },
        signal: AbortSignal.timeout(ANSWER_TIMEOUT),
      });
      if (answer.status === 401) state = "logged-out";
      else if (answer.ok && this.camera && !(this.camera in (await answer.json()).cameras)) state = "gone";
      // Logged in again, in another tab.
      else if (answer.ok && this.state === "logged-out") state = "back";
    } catch {
      // Unreachable, or no JSON from a proxy: broken, as before.
    }
    if (asked !== this.source) return;
    if (state === "back") return this.open();
    this.#become(state);
    const again = state === "logged-out" ? () => this.#ask() : () => this.#connect(state);
    this.timer = setTimeout(again, state === "broken" ? RETRY : REFUSED_RETRY);
  }

  #drop() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  #become(state) {
    if (state === this.state) return;
    const revived = this.state === "broken" && state === "open";
    this.state = state;
    this.handlers.changed?.();
    if (revived) this.handlers.revived?.();
  }
}
