import { retries } from '../../src/testing/contract/retries.js';
import { forEveryModule } from '../support/modules.js';

forEveryModule('retries', retries);
