// What is measured: the defaults of `npm run bench` and `npm run bench:peers`, and what the command line says instead.
import { parseArgs } from 'node:util';
import { TEAM } from './contenders.js';
import { PEERS } from './peers.js';

const JOBS = ['read', 'page', 'create', 'update', 'mixed'];

const OPTIONS = {
  jobs: { type: 'string' },
  connections: { type: 'string' },
  contenders: { type: 'string' },
  seconds: { type: 'string' },
  turns: { type: 'string' },
  rounds: { type: 'string' },
  rows: { type: 'string' },
  peers: { type: 'boolean', default: false },
  smoke: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
};
const values = readOptions();
const DEFAULTS = {
  jobs: JOBS.join(),
  connections: '1,8,64,256',
  contenders: Object.keys(TEAM).join(),
  // Long enough for the opening of 64 connections not to be what a 99th percentile shows.
  seconds: '3',
  // In each round at 64 connections, which most limits are about: a median of few is one bad moment of the machine.
  turns: '2',
  rounds: '3',
  rows: '1000000',
};
const WITH_PEERS = {
  // A page from a known id on is a job of its own: most peers page by offset, but filter and sort by id as well.
  jobs: 'read,page,keyset,create,update,mixed',
  connections: '64',
  turns: '1',
  contenders: ['bare', 'plinth', ...Object.keys(PEERS)].join(),
};
const SMOKE = {
  rows: '20000',
  rounds: '1',
  turns: '1',
  seconds: '1',
  connections: '1,64',
  contenders: 'bare,fastify,plinth',
};
const SMOKE_WITH_PEERS = { rows: '20000', rounds: '1', seconds: '1' };
export const options = {
  ...DEFAULTS,
  ...(values.peers && WITH_PEERS),
  ...(values.smoke && (values.peers ? SMOKE_WITH_PEERS : SMOKE)),
  ...values,
};

function readOptions() {
  const usage = `npm run bench -- ${Object.entries(OPTIONS)
    .map(([name, { type }]) => `[--${name}${type === 'string' ? ` ${name.toUpperCase()}` : ''}]`)
    .join(' ')}`;
  try {
    const { values } = parseArgs({ options: { ...OPTIONS, help: { type: 'boolean', short: 'h' } } });
    if (!values.help) return values;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(64);
  }
}
