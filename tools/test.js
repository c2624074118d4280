// `npm test`: builds first, as some tests run the service as a process. Those of one module need no build.
import { runTests, testRun } from '../src/testing/run.ts';

const run = testRun(process.argv.slice(2));
if (run.env.TEST_MODULES === undefined) await import('./build-if-needed.js');
// Jest keeps what each file has loaded: all of them together are more than one process can hold.
const isWhole = run.args.every((arg) => arg.startsWith('-'));
runTests(isWhole ? { ...run, args: [...run.args, '--workerIdleMemoryLimit=1500MB'] } : run);
