// The built service with a consumer and a job more, which write what they do into the file OUT: for tests of several processes.
import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Job, OnChange, plinth, PlinthModule } from 'plinth';
import { modules } from '../../dist/modules/index.js';
import { Resource } from '../../dist/modules/resource/resource.entity.js';
import { declarationOf } from '../../dist/crud/plinth-module.js';

const { OUT, TAKES_MS = '15', DEADLY = '' } = process.env;
const say = (what) => appendFileSync(OUT, `${JSON.stringify({ pid: process.pid, ...what })}\n`);

class Recorder {
  async take({ seq, id }) {
    say({ begun: seq });
    if (id === DEADLY) process.kill(process.pid, 'SIGKILL');
    await sleep(Number(TAKES_MS));
    say({ seq });
  }

  async tick({ dueAt }) {
    say({ due: dueAt, at: Date.now() });
    await sleep(300);
    say({ done: dueAt, at: Date.now() });
  }
}
const decorate = (method, decorator) =>
  decorator(Recorder.prototype, method, Object.getOwnPropertyDescriptor(Recorder.prototype, method));
decorate('take', OnChange(Resource, { name: 'recorder', from: 'beginning', tries: 2 }));
decorate('tick', Job({ name: 'ticker', every: '1s' }));
Injectable()(Recorder);

// Beside the resource's own module: a consumer may be in any.
const [first] = modules;
class RecorderModule {}
const { resource, migrations } = declarationOf(first);
PlinthModule({ resource, migrations, imports: [first], providers: [Recorder] })(RecorderModule);
await plinth({ modules: [RecorderModule, ...modules.slice(1)] });
