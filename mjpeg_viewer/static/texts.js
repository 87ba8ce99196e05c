// Every text that script shows.  What stands in a page from the start is in the templates.

import { duration } from "./format.js";

export const texts = {
  none: "–",

  // The word on the state pill.
  word: (state) => state.replace("-", " "),

  // Title over a picture that is not the present, by state; seconds may be null where nobody knows them.
  stale: {
    silent: (seconds) => `No data${lasting(seconds)}`,
    connecting: (seconds) => `Connecting to the camera${lasting(seconds)}`,
    undecodable: (seconds) => `The data cannot be read${lasting(seconds)}`,
    failed: (seconds) => `The camera has failed${lasting(seconds)}`,
    reconnecting: (seconds) => `No contact with the server${lasting(seconds)}`,
    "logged-out": () => "Logged out",
  },
  opening: "Connecting to the server",
  tryingAgain: "Connection to the server lost; trying again.",
  loggedOut: "This page is logged out of the server.",
  gone: "The server offers no camera of this name any more.",
  awaited: "Waiting for a picture",
  noImage: "No picture in the latest message",
  held: (seconds) => `Picture held up${lasting(seconds)}`,
  heldReason: "Data arrive, but no new picture: the connection is slow or broken.",

  skipping: (share) => `${Math.round(100 * share)} % of the pictures are left out, so that those shown are new.`,

  noValues: "No values yet.",
  noMatch: "No channel of this name.",
  shownOf: (shown, all) => (shown === all ? `${all}` : `${shown} of ${all}`),
  range: (low, high) => `${low} … ${high}`,
  curve: (count, low, high) => `curve of ${count} values from ${low} to ${high}`,
  emptyArray: "empty",
  manyValues: (count) => `${count} values`,

  hertz: (rate) => `${rate.toFixed(1)} Hz`,
  fresh: "less than 1 s old",
  aged: (time) => `${time} old`,
  pictureAge: (time) => `picture up to ${time} old`,

  copy: "Copy",
  copied: "Copied",
  selected: "Press Ctrl+C",
};

function lasting(seconds) {
  return seconds === null ? "" : ` for ${duration(seconds)}`;
}
