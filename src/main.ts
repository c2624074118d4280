import { plinth } from 'plinth';
import { modules } from './modules/index.js';

await plinth({ modules });
