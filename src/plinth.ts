/**
 * Everything that a module may use of Plinth, by the package's own name: `import { Field } from 'plinth'`. The rest may
 * change any day.
 */
export type { Change } from './background/consumers/change.js';
export { OnChange, type OnChangeOptions } from './background/consumers/on-change.decorator.js';
export { Job, type JobOptions, type JobRun } from './background/jobs/job.decorator.js';
export { CrudController, type CrudHandlers, type CrudOperation } from './crud/crud.controller.js';
export { CrudEntity } from './rows/crud.entity.js';
export { CrudRepository } from './rows/crud.repository.js';
export { CrudService } from './crud/crud.service.js';
export { Export, MultiStatus, Page, Representation, type Listing } from './crud/endpoints/answer.js';
export { MergePatch, Replacement } from './crud/endpoints/bodies.js';
export { Context } from './crud/endpoints/context.decorator.js';
export {
  ActionEndpoint,
  CreateEndpoint,
  ListEndpoint,
  ReadEndpoint,
  RemoveEndpoint,
  ReplaceEndpoint,
  RestoreEndpoint,
  UpdateEndpoint,
} from './crud/endpoints/endpoints.js';
export type { RequestContext } from './crud/endpoints/request-context.js';
export type { ModuleOptions } from './crud/crud.model.js';
export { PlinthModule } from './crud/plinth-module.js';
export { anyRule, EVERY_ROW, everyRule, NO_ROW, rowWhere, type RowRule } from './rows/row-rule.js';
export { Database } from './database/database.js';
export { Portable } from './database/migrations/portable.js';
export { CreateOf, UpdateOf, type CreateInput, type UpdateInput } from './fields/bodies.js';
export { Field } from './fields/field.decorator.js';
export type { FieldOptions } from './fields/field.js';
export type { Caller } from './access/caller.js';
export { systemContext } from './access/system-context.js';
export { DomainError } from './problems/domain-error.js';
export { Scope } from './http/scope.decorator.js';
