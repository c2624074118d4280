// What Plinth is meant to keep, of what was measured in this run.
import { PEERS } from './peers.js';
import { median, Report } from './support.js';

/** Times the bare program's requests per second. */
const RATES = { read: 1.8, page: 1.1, create: 1.5, update: 1 };
/** Times the requests per second on MariaDB: SQLite's updates are not aimed at. */
const EMBEDDED = ['read', 'page', 'create'];
const JOBS = ['read', 'page', 'keyset', 'create', 'update', 'mixed'];
const MANY = 64;

export class Limits {
  report = new Report();

  /**
   * @param cells by job, connections and name: what was measured, round by round
   * @param starts by name: each start of it
   */
  constructor(cells, starts) {
    this.cells = cells;
    this.starts = starts;
  }

  /** One line for each limit of which everything was measured. @returns whether one was broken */
  print() {
    console.log('');
    for (const [job, least] of Object.entries(RATES))
      this.ratio(`${job}s/s, times bare's`, [job, MANY, 'plinth', 'bare', 'perSecond'], { least });
    for (const job of JOBS) this.ratio(`${job}: p99, times bare's`, [job, MANY, 'plinth', 'bare', 'p99'], 1);
    for (const job of JOBS)
      this.ratio(`${job}: p50 at one connection, times bare's`, [job, 1, 'plinth', 'bare', 'p50'], 1.3);
    for (const job of EMBEDDED)
      this.ratio(`${job}s/s on SQLite, times MariaDB's`, [job, MANY, 'embedded', 'plinth', 'perSecond'], { least: 1 });
    for (const job of JOBS) this.peers(job);
    for (const name of ['plinth', 'embedded']) this.process(name);
    return this.report.failed;
  }

  /** Round by round, as they ran side by side. */
  ratio(what, [job, connections, name, other, member], limit) {
    const [ours, theirs] = [name, other].map((one) => this.cells.get(`${job} ${connections} ${one}`));
    if (!ours || !theirs) return;
    this.report.line(what, median(ours.map((one, round) => one[member] / theirs[round][member])), limit, ' ×');
  }

  peers(job) {
    const rate = (name) => median(this.cells.get(`${job} ${MANY} ${name}`)?.map(({ perSecond }) => perSecond) ?? []);
    const [fastest] = Object.keys(PEERS)
      .filter((name) => rate(name) !== undefined)
      .sort((a, b) => rate(b) - rate(a));
    const against = (name, least) =>
      this.ratio(`${job}s/s, times ${name}'s`, [job, MANY, 'plinth', name, 'perSecond'], { least });
    if (fastest) against(fastest, 3);
    if (fastest !== 'directus') against('directus', 25);
  }

  process(name) {
    const starts = this.starts.get(name);
    if (!starts) return;
    const most = (member) => Math.max(...starts.map((one) => one[member]));
    const loaded = [...this.cells].filter(([key]) => key.endsWith(` ${name}`)).flatMap(([, all]) => all);
    this.report.line(`${name}: first answer`, most('startMs'), 2000, ' ms');
    this.report.line(`${name}: memory at rest`, most('idleMib'), 150, ' MiB');
    this.report.line(`${name}: memory under load`, Math.max(...loaded.map(({ mib }) => mib)), 256, ' MiB');
  }
}
