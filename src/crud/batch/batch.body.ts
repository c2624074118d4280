import { DeferredBody } from '../../fields/body.pipe.js';

/** The body of a batch; `parseBatch` checks it. */
export class BatchBody extends DeferredBody {}
