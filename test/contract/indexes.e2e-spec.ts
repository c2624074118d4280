import { indexes } from '../../src/testing/contract/indexes.js';
import { engines } from '../../src/testing/database.js';
import { forEveryModule } from '../support/modules.js';

forEveryModule(
  'indexes',
  indexes,
  undefined,
  engines().filter((engine) => engine !== 'sqlite'),
);
