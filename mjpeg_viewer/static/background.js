// The camera's background, which is one for all who look: captured from here, and told of.

import { address } from "./addresses.js";
import { byId, setText } from "./dom.js";
import { localTime } from "./format.js";
import { texts } from "./texts.js";

const [button, line] = ["capture", "background"].map(byId);

/** Tell what the server has. */
export const showBackground = () => ask("GET");

async function ask(method) {
  button.disabled = true;
  try {
    const answer = await fetch(address("background"), { method });
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
