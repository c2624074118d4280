import { runTests, testRun } from './testing/run.js';

runTests(testRun(process.argv.slice(2)));
