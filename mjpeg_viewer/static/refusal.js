// Why a picture was refused: an <img> does not say so, the same address without the page's id does.

import { byId, setText } from "./dom.js";

/** @param url the stream's, without the page's id: with it, it would end the page's own */
export async function showRefusal(url) {
  const asked = new AbortController();
  try {
    const answer = await fetch(url, { signal: asked.signal });
    const fault = byId("fault");
    fault.hidden = answer.ok || answer.status === 401;
    if (!fault.hidden) setText(fault, (await answer.text()).trim());
  } catch {
    // Unreachable: the link says so.
  } finally {
    asked.abort();
  }
}
