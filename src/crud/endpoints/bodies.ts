/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- `T` is for the compiler alone: services take the type of the body from it */
import { DeferredBody } from '../../fields/body.pipe.js';

/**
 * A JSON Merge Patch (RFC 7396) to a `T`. It is checked when it is applied, after the row's existence and the request's
 * preconditions: what a patch asks for can't be judged without what it is applied to.
 */
export class MergePatch<T> extends DeferredBody {
  declare readonly of: T;
}

/** A whole new representation for a row, checked when it is applied, for the same reason. */
export class Replacement<T> extends DeferredBody {
  declare readonly of: T;
}
