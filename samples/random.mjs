// Chance that can be repeated: the same seed gives the same documents.

/** mulberry32, public domain algorithm by Tommy Ettinger. */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (from, to) => from + Math.floor(next() * (to - from + 1));
  return { next, int, of: (list) => list[int(0, list.length - 1)], is: (share) => next() < share };
}
