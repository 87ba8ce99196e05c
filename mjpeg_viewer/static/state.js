// What the page may claim of a camera: one verdict from link, status and picture.

import { setText } from "./dom.js";
import { texts } from "./texts.js";

// A link that leaves out such a share is slow.
const SLOW = 0.1;

/**
 * @param link     the page's Link
 * @param card     {status, frame: latest events or null, frameAt: when the frame came (ms), picture}
 * @returns {state, title, reason, stale}; `title` goes over the picture and is null where that is the present
 */
export function judge(link, { status, frame, frameAt, picture }) {
  const verdict = (state, title, reason = "", stale = state !== "live") => ({ state, title, reason, stale });
  const since = (state, began, reason) => {
    return verdict(state, texts.stale[state] + texts.lasting(began && Math.max(0, Date.now() - began) / 1000), reason);
  };
  if (link.state === "logged-out") return since("logged-out", null, texts.loggedOut);
  if (link.state === "gone") return since("failed", null, texts.gone);
  if (link.opening || link.state === "closed") return verdict("connecting", texts.opening);
  if (!link.believed) return since("reconnecting", link.heardAt ?? link.openedAt, texts.tryingAgain);
  if (!status) return verdict("connecting", texts.opening);
  if (status.status !== "live") {
    const state = status.status in texts.stale ? status.status : "failed";
    // Silence is counted from the last frame seen here, by one clock; else by the server's word.
    return since(state, (state === "silent" && frameAt) || status.since * 1000, status.reason);
  }
  if (picture.held) return verdict("live", texts.held + texts.lasting(picture.held / 1000), texts.heldReason);
  if (frame && !frame.image) return verdict("live", texts.noImage);
  if (!picture.painted) return verdict("live", texts.awaited, status.reason);
  if (picture.skipping >= SLOW) return verdict("slow-link", null, texts.skipping(picture.skipping), false);
  return verdict("live", null, status.reason);
}

export function showPill(pill, state) {
  if (pill.dataset.state === state) return;
  pill.dataset.state = state;
  pill.querySelector(".word").textContent = texts.word(state);
}

/** Lay the verdict over the picture. */
export function showVeil(stage, { state, title, reason }) {
  const veil = stage.querySelector(".veil");
  stage.toggleAttribute("data-stale", title !== null);
  veil.hidden = title === null;
  setText(veil.querySelector(".veil-title"), title ?? "");
  // A card of the wall has neither: it is itself a link.
  const [detail, login] = ["detail", "login"].map((part) => veil.querySelector(`.veil-${part}`));
  if (!detail) return;
  setText(detail, reason);
  login.hidden = state !== "logged-out";
  login.href = `/login?${new URLSearchParams({ next: location.pathname + location.search })}`;
}
