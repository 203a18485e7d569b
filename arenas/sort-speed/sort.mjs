/**
 * The editable file: sort a Float64Array of finite numbers ascending, in place. No NaN, no −0; any length.
 * The knobs are ordinary constants.
 */

const INSERTION_LIMIT = 12;
const PIVOT = 'middle';
const RADIX_ABOVE = 65536;

/** @param {Float64Array} a */
export function sort(a) {
  if (a.length >= RADIX_ABOVE) radixSort(a);
  else quickSort(a, 0, a.length - 1);
}

function insertionSort(a, low, high) {
  for (let i = low + 1; i <= high; i++) {
    const x = a[i];
    let j = i - 1;
    while (j >= low && a[j] > x) {
      a[j + 1] = a[j];
      j--;
    }
    a[j + 1] = x;
  }
}

/** Hoare partition; recurses into the smaller side, loops over the larger, so the stack stays logarithmic. */
function quickSort(a, low, high) {
  while (high - low >= INSERTION_LIMIT) {
    const pivot = choosePivot(a, low, high);
    let i = low;
    let j = high;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        const t = a[i];
        a[i++] = a[j];
        a[j--] = t;
      }
    }
    if (j - low < high - i) {
      quickSort(a, low, j);
      low = i;
    } else {
      quickSort(a, i, high);
      high = j;
    }
  }
  insertionSort(a, low, high);
}

function choosePivot(a, low, high) {
  const mid = (low + high) >>> 1;
  if (PIVOT === 'first') return a[low];
  if (PIVOT === 'middle') return a[mid];
  if (PIVOT === 'median3') return median(a[low], a[mid], a[high]);
  const step = (high - low) >>> 3;
  return median(
    median(a[low], a[low + step], a[low + 2 * step]),
    median(a[mid - step], a[mid], a[mid + step]),
    median(a[high - 2 * step], a[high - step], a[high]),
  );
}

const median = (x, y, z) => (x < y ? (y < z ? y : Math.max(x, z)) : x < z ? x : Math.max(y, z));

/**
 * Least significant digit first, 11 bits a pass over the 64-bit pattern, sign-corrected so that patterns order like
 * numbers.
 */
function radixSort(a) {
  const n = a.length;
  let from = new BigUint64Array(a.buffer, a.byteOffset, n).slice();
  let to = new BigUint64Array(n);
  for (let i = 0; i < n; i++) from[i] = from[i] >> 63n ? ~from[i] : from[i] | 0x8000000000000000n;
  for (let shift = 0n; shift < 64n; shift += 11n) {
    const counts = new Uint32Array(2048);
    for (let i = 0; i < n; i++) counts[Number((from[i] >> shift) & 2047n)]++;
    for (let d = 0, sum = 0; d < 2048; d++) [counts[d], sum] = [sum, sum + counts[d]];
    for (let i = 0; i < n; i++) to[counts[Number((from[i] >> shift) & 2047n)]++] = from[i];
    [from, to] = [to, from];
  }
  for (let i = 0; i < n; i++) from[i] = from[i] >> 63n ? from[i] & 0x7fffffffffffffffn : ~from[i];
  a.set(new Float64Array(from.buffer));
}
