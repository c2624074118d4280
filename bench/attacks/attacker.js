// A process of its own, so that it takes no time from the one that measures: node bench/attacks/attacker.js ORIGIN KEY KIND
// SECONDS. Tells what it was answered.
import { setTimeout as sleep } from 'node:timers/promises';
import { KINDS } from './kinds.js';
import { Wire } from './wire.js';

const [origin, key, kind, seconds] = process.argv.slice(2);
const wire = new Wire(origin, key);
const attack = Promise.resolve(KINDS[kind](wire));
await sleep(Number(seconds) * 1000);
wire.end();
await attack;
process.send(wire.statuses);
process.disconnect();
