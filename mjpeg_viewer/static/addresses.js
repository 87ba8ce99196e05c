// Where the server has what this view shows: the same address shows the same to whoever opens it.

import { byId } from "./dom.js";

// What events have beside the channels: where the axes lie always, the others while they are shown.
const AXES = ["x_first", "x_step", "y_first", "y_step"];
const SPOT = ["x", "y"].flatMap((side) => [`${side}_profile`, `${side}_center_of_mass`, `${side}_fwhm`]);
const HISTOGRAM = ["histogram", "min_value", "max_value"];

export const { camera, path, viewer } = byId("camera").dataset;

/** A query of those terms that there are. */
export function query(...terms) {
  const asked = terms.filter(Boolean).join("&");
  return asked && `?${asked}`;
}

export const address = (name, ...terms) => `${path}/${name}${query(...terms)}`;

/** The events' `url`; `aside` are the values in them that only the page itself wants. */
export function events(view) {
  const aside = [...AXES, ...(byId("settings").open ? HISTOGRAM : [])];
  const names = ["*", ...aside, ...(view.get("profiles") ? SPOT : [])];
  // A measure that is pinned is computed for as long as it is.
  const pins = view.get("pins");
  if (pins) names.push(encodeURIComponent(pins));
  const background = view.get("background") && "background=subtract";
  return { aside, url: address("events", `rate=10&channels=${names}`, background, `viewer=${viewer}`) };
}

/** A display of the same picture, and of what is pinned here. */
export function display(view) {
  const pins = view.get("pins")?.split(",").slice(0, 4).map(encodeURIComponent).join(",");
  return address("display", view.query(), pins && `channels=${pins}`);
}
