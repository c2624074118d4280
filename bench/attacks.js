// npm run bench:attacks — what one key can take from the other callers, with everything at its default and a heap of 256 MiB.
// Each attack meets a fresh process, twice in a row: what it took has to be free again for the second time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { NODE_FLAGS } from '../dist/process/node-flags.js';
import { Bystander } from './attacks/bystander.js';
import { KINDS } from './attacks/kinds.js';
import { attackedStore, PAPERS_MODULE } from './attacks/rows.js';
import { service } from './support.js';

const HEAP_MIB = 256;
const LIMITS = { success: 99.9, p99Ms: 250, mostMib: 400, growth: 1.1 };
/** For what an attack has left to be let go of. */
const REST_MS = 3_000;
const ROUNDS = 2;

const { only, store: wanted, seconds } = options();
const folder = mkdtempSync(join(tmpdir(), 'plinth-attacks-'));
let failed = false;
try {
  for (const kind of wanted ? [wanted] : ['sqlite', 'mariadb']) await attackAll(kind);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

function options() {
  const usage = `npm run bench:attacks -- [--only NAME[,NAME…]] [--store sqlite|mariadb] [--seconds N]\n\nAttacks: ${Object.keys(KINDS).join(', ')}`;
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: Object.keys(KINDS).join() },
        store: { type: 'string' },
        seconds: { type: 'string', default: '10' },
      },
    });
    const names = values.only.split(',');
    if (names.some((name) => !(name in KINDS)) || ![undefined, 'sqlite', 'mariadb'].includes(values.store))
      throw new Error('There is no such attack, or no such store.');
    return { ...values, only: names };
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(64);
  }
}

async function attackAll(kind) {
  const store = await attackedStore(kind, folder);
  const key = store.key();
  const lines = [];
  try {
    for (const name of only) lines.push(...(await attackTwice(store, name, key)));
  } finally {
    await store.close();
  }
  const head = ['attack', 'round', 'reads', 'good %', 'p50 ms', 'p99 ms', 'max ms', 'probes', 'MiB most', 'MiB after'];
  console.log(`\n${kind}, Node ${process.versions.node}, a heap of ${HEAP_MIB} MiB, ${seconds} s each\n`);
  for (const line of [[...head, 'attacker got', 'broken'], head.concat('', '').map(() => '---'), ...lines])
    console.log(`| ${line.join(' | ')} |`);
}

async function attackTwice(store, name, key) {
  const flags = NODE_FLAGS.map((flag) => flag.replace(/(--max-old-space-size)=\d+/, `$1=${HEAP_MIB}`));
  const attacked = await service(store.url, { AUTH: 'keys' }, [...flags, '--import', PAPERS_MODULE]);
  // Also when the run itself ends badly.
  process.once('exit', () => attacked.child.kill('SIGKILL'));
  const bystander = new Bystander(attacked, store.key());
  const lines = [];
  try {
    await bystander.warm();
    let before;
    for (let round = 1; round <= ROUNDS && isAlive(attacked); round++) {
      const seen = await bystander.watch(() => attack(attacked.origin, key, name));
      await sleep(REST_MS);
      const found = { ...seen, afterMib: bystander.mib() };
      const broken = brokenBy(found, before, attacked);
      if (broken.length > 0) failed = true;
      lines.push(lineOf(name, round, found, broken));
      console.log(lines.at(-1).join('  '));
      before = found;
    }
  } finally {
    bystander.close();
    if (isAlive(attacked)) {
      attacked.child.kill('SIGKILL');
      await once(attacked.child, 'exit');
    }
  }
  return lines;
}

async function attack(origin, key, name) {
  const attacker = spawn(process.execPath, ['bench/attacks/attacker.js', origin, key, name, seconds], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [statuses] = await Promise.race([once(attacker, 'message'), once(attacker, 'exit')]);
  if (typeof statuses !== 'object' || statuses === null) throw new Error(`The attacker of ${name} ended by itself`);
  await (attacker.exitCode ?? once(attacker, 'exit'));
  return statuses;
}

function isAlive({ child }) {
  return child.exitCode === null && child.signalCode === null;
}

function brokenBy({ success, p99, probesFailed, mostMib, afterMib }, before, attacked) {
  const { exitCode, signalCode } = attacked.child;
  return [
    !isAlive(attacked) && `the process ended: ${signalCode ?? exitCode}`,
    success < LIMITS.success && `fewer than ${LIMITS.success} % good`,
    p99 > LIMITS.p99Ms && `p99 above ${LIMITS.p99Ms} ms`,
    probesFailed > 0 && 'liveness',
    mostMib >= LIMITS.mostMib && `${LIMITS.mostMib} MiB and more`,
    before && mostMib > before.mostMib * LIMITS.growth && 'needs more the second time',
    before && afterMib > before.afterMib * LIMITS.growth && 'leaves more the second time',
  ].filter(Boolean);
}

function lineOf(name, round, seen, broken) {
  const { reads, success, failures, p50, p99, max, probes, probesFailed, mostMib, afterMib, result } = seen;
  const list = (counts) =>
    Object.entries(counts)
      .map(([what, n]) => `${n} × ${what}`)
      .join(', ');
  const bad = list(failures);
  return [
    name,
    round,
    reads,
    `${success.toFixed(2)}${bad && ` (${bad})`}`,
    p50.toFixed(1),
    p99.toFixed(0),
    max.toFixed(0),
    `${probes - probesFailed} of ${probes}`,
    mostMib.toFixed(0),
    afterMib.toFixed(0),
    list(result),
    broken.join('; '),
  ];
}
