// Two fingers on the picture: it follows them at once, and when they let go the server sends that region.

import { at } from "./geometry.js";

// No region is smaller, in pixels: of less only noise would be seen.
const LEAST = 8;

/** @param page {frame(), zoom(roi as text)} */
export function followFingers(fit, over, page) {
  const fingers = new Map();
  let start = null;
  let now = null;

  function down(event) {
    if (event.pointerType !== "touch" || !over.placed) return;
    fingers.set(event.pointerId, event);
    if (fingers.size === 2) start = { ...read(...fingers.values()), box: fit.getBoundingClientRect() };
  }

  function move(event) {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event);
    if (!start) return;
    now = read(...fingers.values());
    const scale = now.apart / start.apart;
    const shift = (side) => now[side] - start.box[side] - scale * (start[side] - start.box[side]);
    over.svg.style.visibility = "hidden"; // its lines would grow
    fit.style.transformOrigin = "0 0";
    fit.style.transform = `translate(${shift("x")}px, ${shift("y")}px) scale(${scale})`;
  }

  function end({ type, pointerId }) {
    if (!fingers.delete(pointerId) || !start) return;
    fit.style.transform = over.svg.style.visibility = "";
    const image = page.frame()?.image;
    if (type === "pointerup" && now && image) page.zoom(region(start, now, over.placed.matrix.inverse(), image));
    start = now = null;
  }

  // Else the browser scrolls, and takes the fingers away.
  fit.addEventListener("touchmove", (event) => event.touches.length > 1 && event.preventDefault(), { passive: false });
  fit.addEventListener("pointerdown", down);
  fit.addEventListener("pointermove", move);
  for (const type of ["pointerup", "pointercancel"]) fit.addEventListener(type, end);
}

function read(one, other) {
  const [x, y] = [(one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2];
  return { x, y, apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1 };
}

/** What of the image is where the picture was: "x,y,width,height", or "" for all. */
function region(start, now, toPixels, image) {
  const { box } = start;
  const share = (place, side, size) => (start[side] + ((place - now[side]) * start.apart) / now.apart - box[side]) / size;
  const corner = (x, y) => at(toPixels, share(x, "x", box.width), share(y, "y", box.height));
  const [one, other] = [corner(box.left, box.top), corner(box.right, box.bottom)];
  const [x, width] = span(one.x, other.x, image.width);
  const [y, height] = span(one.y, other.y, image.height);
  return width < image.width || height < image.height ? [x, y, width, height].join(",") : "";
}

/** Whole pixels from one end to the other, moved into the image where they lie beside it. */
function span(one, other, most) {
  const size = Math.min(Math.max(Math.round(Math.abs(other - one)), LEAST), most);
  return [Math.round(Math.min(Math.max(Math.min(one, other), 0), most - size)), size];
}
