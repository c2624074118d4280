// `npm test`: builds first, as some tests run the service as a process. Those of one module need no build.
import { runTests, testRun } from '../src/testing/run.ts';

const run = testRun(process.argv.slice(2));
if (run.env.TEST_MODULES === undefined) await import('./build-if-needed.js');
runTests(run);
