// Arrays as numpy saves them (NEP 1, version 1.0), of the types that images have.

const KINDS = { b: "Uint", u: "Uint", i: "Int", f: "Float" };

/** @returns all numbers of the array; whole ones of 64 bits as BigInt */
export function readNpy(buffer) {
  const view = new DataView(buffer);
  const start = 10 + view.getUint16(8, true);
  const header = new TextDecoder().decode(new Uint8Array(buffer, 10, start - 10));
  const [, order, kind, digit] = /'descr': '(.)(.)(\d)'/.exec(header);
  const size = Number(digit);
  const get = `get${size === 8 && kind !== "f" ? "Big" : ""}${KINDS[kind]}${8 * size}`;
  const values = [];
  for (let at = start; at + size <= buffer.byteLength; at += size) values.push(view[get](at, order !== ">"));
  return values;
}
