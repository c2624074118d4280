import type { CrudModel } from '../../crud/crud.model.js';
import type { Handler } from '../found-methods.js';
import type { DeclaredConsumer } from './on-change.decorator.js';

/** A consumer with its handler, of a module that is served. */
export interface Consumer extends DeclaredConsumer {
  /** `Mailer.send()`, for people. */
  readonly handler: string;
  readonly model: CrudModel;
  readonly call: Handler;
}
