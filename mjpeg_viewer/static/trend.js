// The last ten minutes of a number: its least and greatest value of each second.

const SECONDS = 600;

export class Trend {
  #ends = new Map();
  #second = 0;

  /** Note a value that came now. @returns whether a new second has begun */
  add(value) {
    const second = Math.floor(Date.now() / 1000);
    const begun = second !== this.#second;
    this.#second = second;
    // Later ones: the clock was set back.
    for (const other of this.#ends.keys()) if (other <= second - SECONDS || other > second) this.#ends.delete(other);
    if (typeof value === "number") {
      const [low, high] = this.#ends.get(second) ?? [value, value];
      this.#ends.set(second, [Math.min(low, value), Math.max(high, value)]);
    }
    return begun;
  }

  /** Two numbers for each second since the first that is known, null where none came. */
  get values() {
    const [from = Infinity] = this.#ends.keys();
    const length = this.#second - from + 1;
    return Array.from({ length }, (_, i) => this.#ends.get(from + i) ?? [null, null]).flat();
  }
}
