// The built service with modules that have personal fields.
import { plinth } from 'plinth';
import { modules } from './modules.mjs';

await plinth({ modules });
