import { wholeEnvironment } from './config/environment.js';
import { readArguments, runCommand } from './process/command.js';
import { develop } from './process/dev.js';

await runCommand(async () => {
  readArguments(
    'npm run dev\n\nBuilds and restarts the service on change. Takes no arguments, but settings from the environment.',
    {},
  );
  develop(wholeEnvironment());
});
