// What the page draws over the picture, in pixels of the image as sent: marks, cursor, the box of a zoom, and profiles.

// Half a cross, in pixels of the screen.
const ARM = 9;

export class Over {
  constructor(svg) {
    this.svg = svg;
    this.group = svg.querySelector("g");
  }

  /** @param placed what geometry.js says of the image */
  place(placed) {
    this.placed = placed;
    this.group.setAttribute("transform", placed.matrix);
  }

  draw(name, path = "") {
    for (const element of this.group.querySelectorAll(`.${name}`)) element.setAttribute("d", path);
  }

  /** Crosses at the centres of pixels [[x, y], …], on the screen always as large. */
  crosses(name, pixels) {
    const { roi, matrix } = this.placed;
    const across = Math.abs(matrix.b) > Math.abs(matrix.a) ? roi.height : roi.width;
    const arm = (ARM * across) / (this.svg.clientWidth || 1);
    const cross = ([x, y]) => `M${x + 0.5 - arm} ${y + 0.5}h${2 * arm}M${x + 0.5} ${y + 0.5 - arm}v${2 * arm}`;
    this.draw(name, pixels.map(cross).join(""));
  }
}
