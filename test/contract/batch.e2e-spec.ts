import { batch } from '../../src/testing/contract/batch.js';
import { forEveryModule } from '../support/modules.js';

forEveryModule('batch', batch);
