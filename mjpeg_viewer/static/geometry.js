// Where the pixels of the image as sent are in the picture, whatever its region, flip and rotation.

const FLIPS = { horizontal: [-1, 1], vertical: [1, -1], both: [-1, -1] };

/**
 * @param image  {width, height} of the image as sent
 * @param fields a URLSearchParams with roi, flip, rotate
 * @returns {roi, matrix, aspect}: the region in pixels, a DOMMatrix from pixels of the image (0 is the left edge of
 *          the first one) to shares of the picture, and width : height of that
 */
export function place(image, fields) {
  const [x, y, wide, high] = (fields.get("roi") ?? `0,0,${image.width},${image.height}`).split(",").map(Number);
  const width = Math.min(wide, image.width - x);
  const height = Math.min(high, image.height - y);
  const rotate = Number(fields.get("rotate") ?? 0);
  const matrix = new DOMMatrix()
    .translate(0.5, 0.5)
    .rotate(rotate)
    .scale(...(FLIPS[fields.get("flip")] ?? [1, 1]))
    .translate(-0.5, -0.5)
    .scale(1 / width, 1 / height)
    .translate(-x, -y);
  return { roi: { x, y, width, height }, matrix, aspect: rotate % 180 ? height / width : width / height };
}

export const at = (matrix, x, y) => new DOMPoint(x, y).matrixTransform(matrix);
