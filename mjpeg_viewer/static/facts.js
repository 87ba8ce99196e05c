// What the panels tell of image and connection.

import { byId, setText } from "./dom.js";
import { age, localTime, megabytes, number } from "./format.js";
import { texts } from "./texts.js";

// What is older was recorded, not sent just now; what comes from the future comes from a clock that goes wrong.
const PLAUSIBLE_AGE = [-0.05, 60];

const put = (id, text) => setText(byId(id), String(text ?? texts.none));

/** @param frame the event of what is shown, or null; pulse: the pulse id where no more is known */
export function showImage(frame, pulse) {
  if (frame) {
    const { image } = frame;
    put("image-size", image && `${image.width} × ${image.height}`);
    put("image-type", image?.dtype);
    put("image-channel", image?.channel);
  }
  put("pulse-id", frame?.pulse_id ?? pulse);
  put("time", frame?.timestamp ? localTime(frame.timestamp) : null);
  put("sequence", frame?.sequence);
}

/**
 * Totals stay true when nothing comes; a rate or an age would not.
 *
 * @param card     {frame, frameAt, picture}, as the page has it
 * @param counters the newest `viewer` event, or null
 * @param levels   what is black and white now, or null
 * @param stale    whether what is known is not the present
 */
export function showConnection({ frame, frameAt, picture }, counters, levels, stale) {
  const stats = frame?.stats;
  const lag = stats ? frameAt / 1000 - frame.timestamp : NaN;
  const now = (value, say) => (stale || value == null ? null : say(value));
  put("messages-received", stats?.messages_received);
  put("bytes-received", stats && megabytes(stats.bytes_received));
  put("skipped", counters?.skipped);
  put("rate", now(stats?.rate, texts.hertz));
  put("bytes-rate", now(stats?.bytes_rate, (rate) => `${megabytes(rate)}/s`));
  put("shown-rate", now(picture.rate, texts.hertz));
  const cost = now(picture.bytesRate, texts.kilobytes);
  put("shown-bytes", cost);
  put("cost", cost && texts.cost(cost, texts.hertz(picture.rate)));
  put("age", !stale && lag >= PLAUSIBLE_AGE[0] && lag < PLAUSIBLE_AGE[1] ? age(lag) : null);
  ["scale-low", "scale-high"].forEach((id, i) => setText(byId(id), now(levels, (ends) => number(ends[i], 4)) ?? ""));
}
