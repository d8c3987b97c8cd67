// Where the words above a plot stand: none over another, the older to the left, and none where there is no room.

const GAP = 8;

/**
 * @param {{x: number, texts: string[], rank: number, lean: "left"|"right"}[]} wanted `texts` from the longest to the shortest;
 *        a lower `rank` is placed first; `lean` is the side of `x` that is tried first
 * @param {(text: string) => number} width @param {number} left @param {number} right
 * @returns {({text: string, start: number}|null)[]} in the order of `wanted`
 */
export function placed(wanted, width, left, right) {
  const taken = [], found = wanted.map(() => null);
  const order = wanted.map((_, at) => at).sort((a, b) => wanted[a].rank - wanted[b].rank || wanted[a].x - wanted[b].x);
  for (const at of order) {
    found[at] = first(wanted[at], width, left, right, taken);
    if (found[at]) taken.push([found[at].start, found[at].start + width(found[at].text)]);
  }
  return found;
}

function first({ x, texts, lean }, width, left, right, taken) {
  for (const text of texts) {
    const wide = width(text), sides = { left: x - wide - GAP, right: x };
    for (const side of lean === "left" ? ["left", "right"] : ["right", "left"]) {
      const start = side === "right" && lean === "left" ? sides.right + GAP : sides[side];
      const fits = start >= left && start + wide <= right;
      if (fits && taken.every(([from, to]) => start + wide + GAP <= from || start >= to + GAP)) return { text, start };
    }
  }
  return null;
}
