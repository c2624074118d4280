import { rows } from '../../src/testing/contract/rows.js';
import { forEveryModuleAndPlain } from '../support/modules.js';

forEveryModuleAndPlain('rows', rows);
