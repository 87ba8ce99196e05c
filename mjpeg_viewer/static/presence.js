// A hidden tab gives its connections back, and takes them up again when somebody looks.

// Long enough for a glance at another tab, short enough to spare the server an evening.
const HIDDEN_LIMIT = 30000;

/** Call `leave()` when nobody has looked for a while or the page goes, `come()` when somebody looks again. */
export function whileWatched({ come, leave }) {
  let away = false;
  let timer = null;

  function left() {
    clearTimeout(timer);
    if (away) return;
    away = true;
    leave();
  }

  function looked() {
    clearTimeout(timer);
    if (document.hidden) {
      timer = setTimeout(left, HIDDEN_LIMIT);
    } else if (away) {
      away = false;
      come();
    }
  }

  document.addEventListener("visibilitychange", looked);
  window.addEventListener("pagehide", left);
  window.addEventListener("pageshow", looked);
  looked();
}
