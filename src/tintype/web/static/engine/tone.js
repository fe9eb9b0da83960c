// How the lightness of a photograph is spread: stretched where it is faded, and said where there is nothing to see.

/** @typedef {import("./planes.js").Plane} Plane */

const WHOLE_RANGE = 80,
  FADED_RANGE = 60,
  LEAST_RANGE = 20;
const BLANK_RANGE = 2,
  SEEN_RANGE = 8,
  TONES = 32,
  DRAWN_BITS = 1.5,
  SHADED_BITS = 2.5;
const inUnit = (/** @type {number} */ v) => Math.min(1, Math.max(0, v));

/** The 1st and 99th percentile. @param {Plane} lightness @returns {[number, number]} */
export function percentiles({ data }) {
  const sorted = data.slice().sort();
  const at = (/** @type {number} */ share) => {
    const place = share * (sorted.length - 1),
      below = Math.floor(place);
    return (
      sorted[below] +
      (place - below) * (sorted[Math.min(sorted.length - 1, below + 1)] - sorted[below])
    );
  };
  return [at(0.01), at(0.99)];
}

/** L* with its percentiles 1 and 99 brought to 0 and 100 where the picture is faded. @param {Plane} lightness @returns {Plane} */
export function stretched(lightness) {
  const [low, high] = percentiles(lightness);
  const range = high - low;
  const share = inUnit((WHOLE_RANGE - range) / (WHOLE_RANGE - FADED_RANGE));
  if (share === 0) return lightness;
  const middle = (low + high) / 2,
    half = Math.max(range, LEAST_RANGE) / 2,
    target = range >= LEAST_RANGE ? 50 : middle;
  return {
    ...lightness,
    data: lightness.data.map(
      (L) => L + share * (Math.min(100, Math.max(0, (L - middle) * (50 / half) + target)) - L),
    ),
  };
}

/** How much there is to color, 0..1: nothing in a blank picture or a silhouette. @param {Plane} lightness at working size */
export function visibleShare(lightness) {
  const [low, high] = percentiles(lightness);
  const spread = inUnit((high - low - BLANK_RANGE) / (SEEN_RANGE - BLANK_RANGE));
  if (spread === 0) return 0;
  const counts = new Float64Array(TONES);
  for (const L of lightness.data)
    counts[Math.min(TONES - 1, Math.max(0, Math.floor(((L - low) / (high - low)) * TONES)))]++;
  counts[counts.indexOf(Math.max(...counts))] = 0;
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  let entropy = 0;
  for (const count of counts) if (count > 0) entropy -= (count / total) * Math.log2(count / total);
  return spread * inUnit((entropy - DRAWN_BITS) / (SHADED_BITS - DRAWN_BITS));
}
