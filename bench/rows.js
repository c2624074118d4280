// What is in the table: rows as a service has them after some years, the same in each run.
/** Of the first row's `created_at`. */
const FIRST_TIME = Date.UTC(2021, 0, 1);
/** Later than the time of each of these rows: what is made or changed by contenders has a time from here on. */
export const SINCE = Date.UTC(2025, 0, 1);
const APART_MS = 90_000;

const KINDS = ['Small', 'Large', 'Quiet', 'Bright', 'Old', 'New', 'Upper', 'Lower', 'Round', 'Open'];
const ROOMS = [
  ...[
    'reading room',
    'map room',
    'lecture hall',
    'archive',
    'workshop',
    'laboratory',
    'studio',
    'office',
    'store',
    'hall',
  ],
  ...[
    'gallery',
    'music room',
    'seminar room',
    'garden',
    'kitchen',
    'library',
    'court',
    'meeting room',
    'attic',
    'cellar',
  ],
];
const NUMBERS = 25;

/** The `n`th row. Its id is a UUIDv7, as the service makes them; some 5,000 names are shared by all rows. */
export function rowAt(n) {
  const time = FIRST_TIME + n * APART_MS + (mixed(n, 1) % (APART_MS - 10_000));
  const [a, b, c] = [2, 3, 4].map((salt) => mixed(n, salt).toString(16).padStart(8, '0'));
  const ms = time.toString(16).padStart(12, '0');
  const id = `${ms.slice(0, 8)}-${ms.slice(8)}-7${a.slice(0, 3)}-8${a.slice(3, 6)}-${b}${c.slice(0, 4)}`;
  const name = `${pick(KINDS, mixed(n, 5))} ${pick(ROOMS, mixed(n, 6))} ${(mixed(n, 7) % NUMBERS) + 1}`;
  return { id, name, time: new Date(time) };
}

/** As text of SQL, in UTC. */
export function sqlTime(time) {
  return new Date(time).toISOString().replace('T', ' ').replace('Z', '');
}

function pick(from, n) {
  return from[n % from.length];
}

/** A number of 32 bits that looks like any other (the end of MurmurHash3). */
function mixed(n, salt) {
  let h = (n ^ Math.imul(salt, 0x9e3779b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
