// What every page does.

export const byId = (id) => document.getElementById(id);

/** A module at its first use; where the server does not answer, the next use tries again. */
export const load = (name) => import(`./${name}.js`).catch((error) => {
  if (!(error instanceof TypeError)) throw error;
});

/** Change a text only where it differs: an untouched text costs no layout and keeps its selection. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A menu closes when one looks elsewhere, chooses, or presses Escape.
for (const type of ["pointerdown", "click", "keydown"]) {
  document.addEventListener(type, ({ key, target }) => {
    for (const menu of document.querySelectorAll(".menu[open]")) {
      const own = type === "click" ? menu.firstElementChild : menu;
      if (key ? key === "Escape" : !own.contains(target)) menu.open = false;
    }
  });
}
