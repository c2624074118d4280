import { changes } from '../../src/testing/contract/changes.js';
import { forEveryModule } from '../support/modules.js';

forEveryModule('changes', changes);
