// What Plinth is meant to keep, of what was measured in this run.
import { JOBS } from './jobs.js';
import { PEERS } from './peers.js';
import { median, ratios, Report } from './support.js';

/** Times the bare program's requests per second. */
const RATES = {
  read: 1.8,
  page: 1.1,
  'page-time': 1.3,
  'page-name': 1.3,
  'filter-time': 1.1,
  'filter-name': 1.1,
  create: 1.5,
  update: 1,
};
/** Times the bare program's median time at one connection. */
const ALONE = 1.25;
/** Times the requests per second on MariaDB: SQLite's updates are not aimed at. */
const EMBEDDED = ['read', 'page', 'create'];
/** Connections, where nothing else is said. */
export const MANY = 64;

/**
 * Prints a line for each limit of which everything was measured.
 * @param cells by job, connections and name: what was measured, turn by turn
 * @param starts by name: each start of it
 * @returns whether one was broken
 */
export function printLimits(cells, starts) {
  const report = new Report();
  const between = (name, other, member, job, connections = MANY) => {
    const [ours, theirs] = [name, other].map((one) => cells.get(`${job} ${connections} ${one}`));
    return ratios(ours, theirs, member);
  };
  const atLeast = (what, turns, least) => turns && report.atLeast(what, median(turns), least, ' ×', turns);
  const atMost = (what, turns, most) => turns && report.line(what, median(turns), most, ' ×', turns);

  console.log('');
  for (const [job, least] of Object.entries(RATES))
    atLeast(`${job}s/s, times bare's`, between('plinth', 'bare', 'perSecond', job), least);
  for (const job of JOBS) atMost(`${job}: p99, times bare's`, between('plinth', 'bare', 'p99', job), 1);
  for (const job of JOBS)
    atMost(`${job}: p50 at one connection, times bare's`, between('plinth', 'bare', 'p50', job, 1), ALONE);
  for (const job of EMBEDDED)
    atLeast(`${job}s/s on SQLite, times MariaDB's`, between('embedded', 'plinth', 'perSecond', job), 1);
  for (const job of [...JOBS, 'keyset'])
    for (const name of Object.keys(PEERS))
      atLeast(`${job}s/s, times ${name}'s`, between('plinth', name, 'perSecond', job), name === 'directus' ? 25 : 3);
  for (const name of ['plinth', 'embedded']) {
    const all = starts.get(name);
    if (!all) continue;
    const loaded = [...cells].filter(([key]) => key.endsWith(` ${name}`)).flatMap(([, measured]) => measured);
    const startMs = all.map((one) => one.startMs);
    report.line(`${name}: first answer`, Math.max(...startMs), 2000, ' ms', startMs);
    report.line(`${name}: memory at rest`, Math.max(...all.map(({ idleMib }) => idleMib)), 150, ' MiB');
    report.line(`${name}: memory under load`, Math.max(...loaded.map(({ mib }) => mib)), 256, ' MiB');
  }
  return report.failed;
}
