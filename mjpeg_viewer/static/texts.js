// Every text that script shows.  What stands in a page from the start is in the templates.

import { duration } from "./format.js";

export const texts = {
  none: "–",

  // The word on the state pill.
  word: (state) => state.replace("-", " "),

  // Titles over a picture that is not the present, by state, and how long that lasts; null where nobody knows.
  stale: {
    silent: "No data",
    connecting: "Connecting to the camera",
    undecodable: "The data cannot be read",
    failed: "The camera has failed",
    reconnecting: "No contact with the server",
    "logged-out": "Logged out",
  },
  held: "Picture held up",
  lasting: (seconds) => (seconds === null ? "" : ` for ${duration(seconds)}`),
  opening: "Connecting to the server",
  tryingAgain: "Connection to the server lost; trying again.",
  loggedOut: "This page is logged out of the server.",
  gone: "The server offers no camera of this name any more.",
  awaited: "Waiting for a picture",
  noImage: "No picture in the latest message",
  heldReason: "Data arrive, but no new picture: the connection is slow or broken.",

  skipping: (share) => `${Math.round(100 * share)} % of the pictures are left out, so that those shown are new.`,

  noValues: "No values yet.",
  noMatch: "No channel of this name.",
  shownOf: (shown, all) => (shown === all ? `${all || ""}` : `${shown} of ${all}`),
  range: (low, high) => `${low} … ${high}`,
  curve: (count, low, high) => `curve of ${count} values from ${low} to ${high}`,
  pin: (channel) => `Pin ${channel}`,
  trend: (count, low, high) => `the last ${duration(count / 2)}, from ${low} to ${high}`,
  trendRange: (low, high, seconds) => `${low} … ${high}, last ${duration(seconds)}`,
  emptyArray: "empty",
  manyValues: (count) => `${count} values`,

  hertz: (rate) => `${rate.toFixed(1)} Hz`,
  fresh: "less than 1 s old",
  aged: (time) => `${time} old`,
  pictureAge: (time) => `picture up to ${time} old`,

  levelsHint: (fixed, low) => (fixed ? "pixel value" : `${low ? 0.5 : 99.5} %`),
  levelsWrong: (fixed) => (fixed ? "A number: the pixel value." : "A percentage of the pixels, from 0 to 100."),
  levelsOrder: "White must lie above black.",
  kilobytes: (rate) => `${rate < 100e3 ? (rate / 1e3).toFixed(1) : Math.round(rate / 1e3)} kB/s`,
  cost: (bytes, rate) => `${bytes}, ${rate}`,
  spot: (side, place, width, unit) => `${side} ${place}, FWHM ${width} ${unit}`,
  cursor: ([x, y], place, value) => `x ${x} y ${y}${place && ` (${place})`} · ${value ?? "…"}`,
  marks: (marks) => {
    const told = marks.map(([x, y], i) => `${i + 1}: ${x}, ${y}`);
    const [a, b] = marks.slice(-2);
    if (b) told.push(`Δ ${b[0] - a[0]}, ${b[1] - a[1]} (${Math.hypot(b[0] - a[0], b[1] - a[1]).toFixed(1)})`);
    return told.join(" · ");
  },
  tool: {
    zoom: "Draw a box around what is to be enlarged, or tap on it",
    mark: "Tap where a mark is to be, or on a mark to take it away",
  },
  nothingShown: "no picture was shown here yet.",
  freeze: (frozen) => (frozen ? "Resume" : "Freeze"),
  frozen: (time, pulse, number, count) => `Frozen · ${time} · pulse ${pulse} · ${number} of ${count}`,
  capturing: "Capturing …",
  background: (frames, at) => `Mean of ${frames} frames, captured ${at}.`,
  noBackground: (reason) => `No background: ${reason}.`,
  failed: (reason) => `That failed: ${reason}`,

  copy: "Copy",
  copied: "Copied",
  selected: "Press Ctrl+C",
};
