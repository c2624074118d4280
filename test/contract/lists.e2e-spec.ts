import { lists } from '../../src/testing/contract/lists.js';
import { forEveryModule } from '../support/modules.js';

forEveryModule('lists', lists);
