// With `--import`, before the program itself is read, which takes half a second.
import { hearSignals } from './early-signals.js';

hearSignals();
