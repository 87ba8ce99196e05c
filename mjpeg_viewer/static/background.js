// The camera's background, which is one for all who look: captured from here, and told of.

import { localTime } from "./format.js";
import { setText } from "./state.js";
import { texts } from "./texts.js";

export function keepBackground(url, button, line) {
  async function ask(method) {
    button.disabled = true;
    try {
      const answer = await fetch(url, { method });
      if (!answer.ok) return setText(line, texts.failed((await answer.text()).trim()));
      const { captured, frames, reason } = await answer.json();
      setText(line, captured ? texts.background(frames, localTime(captured).slice(0, 19)) : texts.noBackground(reason));
    } catch (error) {
      setText(line, texts.failed(error.message));
    } finally {
      button.disabled = false;
    }
  }
  button.addEventListener("click", () => {
    setText(line, texts.capturing);
    ask("POST");
  });
  // Asked for when somebody looks at the settings.
  button.closest("details").addEventListener("toggle", ({ target }) => target.open && ask("GET"));
}
