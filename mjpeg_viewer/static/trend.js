// The last ten minutes of a number: its least and greatest value of each second.

const SECONDS = 600;

export class Trend {
  constructor() {
    this.lows = new Array(SECONDS).fill(null);
    this.highs = [...this.lows];
    this.second = 0;
  }

  /** Note a value that came now. @returns whether a new second has begun */
  add(value) {
    const now = Math.floor(Date.now() / 1000);
    const begun = now > this.second;
    for (let gap = Math.min(now - this.second, SECONDS); gap > 0; gap -= 1) {
      for (const side of [this.lows, this.highs]) {
        side.shift();
        side.push(null);
      }
    }
    this.second = now;
    if (typeof value === "number") {
      this.lows[SECONDS - 1] = Math.min(this.lows.at(-1) ?? value, value);
      this.highs[SECONDS - 1] = Math.max(this.highs.at(-1) ?? value, value);
    }
    return begun;
  }

  /** Two numbers for each second since the first that is known, null where none came. */
  get values() {
    const from = this.lows.findIndex((low) => low !== null);
    return this.lows.flatMap((low, i) => (i < from ? [] : [low, this.highs[i]]));
  }
}
