// Numbers and times as text, in widths that do not jump from one frame to the next.

/** A span of time in seconds, as people say it: "12 s", "3 min 05 s", "2 h 07 min". */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** Six significant digits; whole numbers whole, as far as JSON carries them exactly (2^53). */
export function number(value, digits = 6) {
  if (Number.isSafeInteger(value) || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-4) return value.toExponential(digits - 1);
  if (size >= 10 ** (digits - 1)) return value.toFixed(digits > 4 ? 1 : 0);
  return value.toPrecision(digits);
}

/** What was measured, or the sign that nothing was. */
export const measure = (value) => (typeof value === "number" ? number(value, 5) : "–");

export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 1e9 ? 2 : 1)} MB`;
}

/** Seconds as "8 ms" or "1.2 s". */
export function age(seconds) {
  return seconds < 1 ? `${Math.max(0, Math.round(seconds * 1000))} ms` : `${seconds.toFixed(1)} s`;
}

/** Unix seconds in the reader's own time zone: "2026-11-22 14:04:05.123". */
export function localTime(timestamp) {
  const moment = new Date(timestamp * 1000);
  if (Number.isNaN(moment.getTime())) return String(timestamp);
  moment.setTime(moment.getTime() - moment.getTimezoneOffset() * 60e3);
  return moment.toISOString().slice(0, 23).replace("T", " ");
}
