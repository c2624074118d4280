// Imported before the built service or one of its commands (`node --import`): a module more, with rows as large as a request
// can make them.
import { modules } from '../../dist/modules/index.js';
import { simpleModule } from './simple-module.ts';

modules.push(simpleModule('paper', { text: { type: 'text', writable: true } }, 1764000000099));
