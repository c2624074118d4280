/**
 * Everything that a program and its modules may use of Plinth, by the package's own name: `import { Field } from 'plinth'`.
 * The rest may change any day.
 */
export type { Change } from './background/consumers/change.js';
export { OnChange, type OnChangeOptions } from './background/consumers/on-change.decorator.js';
export { Job, type JobOptions, type JobRun } from './background/jobs/job.decorator.js';
export { plinth, type PlinthOptions } from './process/program.js';
export {
  CrudController,
  type CrudControllerOptions,
  type CrudHandlers,
  type CrudOperation,
} from './crud/crud.controller.js';
export { CrudEntity } from './rows/crud.entity.js';
export { CrudRepository } from './rows/crud.repository.js';
export { CrudService } from './crud/crud.service.js';
export { Export, MultiStatus, Page, Representation, type Listing } from './crud/endpoints/answer.js';
export { MergePatch, Replacement } from './crud/endpoints/bodies.js';
export { Context } from './crud/endpoints/context.decorator.js';
export { Answer } from './crud/endpoints/answer.decorator.js';
export { Parameters } from './crud/endpoints/parameters.decorator.js';
export type { Format } from './crud/endpoints/format.js';
export * from './crud/endpoints/endpoints.js';
export type { RequestContext } from './crud/endpoints/request-context.js';
export { ModuleRegistry } from './crud/module.registry.js';
export type { ModuleOptions } from './crud/crud.model.js';
export {
  PlinthModule,
  type ClassReplacement,
  type PlinthModuleClass,
  type PlinthModuleMetadata,
} from './crud/plinth-module.js';
export { anyRule, EVERY_ROW, everyRule, NO_ROW, rowWhere, type RowRule } from './rows/row-rule.js';
export { Database } from './database/database.js';
export { Portable } from './database/migrations/portable.js';
export { CreateOf, UpdateOf, type CreateInput, type UpdateInput } from './fields/bodies.js';
export { Field } from './fields/field.decorator.js';
export type { Erasure, FieldOptions } from './fields/field.js';
export { Subject } from './fields/subject.decorator.js';
export { Caller } from './access/caller.js';
export { systemContext } from './access/system-context.js';
export { MarkdownDocument, type MarkdownOptions } from './markdown/document.js';
export type { Shape as MarkdownShape } from './markdown/shape.js';
export { shape as markdownShape, word as markdownWord } from './markdown/shapes.js';
export type { Word as MarkdownWord } from './markdown/word.js';
export { DomainError } from './problems/domain-error.js';
export { Public } from './http/public.decorator.js';
export { Scope } from './http/scope.decorator.js';
export { Settings } from './config/own-settings.js';
export { setting } from './config/setting-kinds.js';
export { MetricRegistry } from './observability/metric-registry.js';
export { ReadinessChecks, type ReadinessOptions } from './health/readiness-checks.js';
export { RateLimits } from './access/limits/rate-limits.js';
export { SecurityLog } from './access/security-log.js';
export { TokenVerifier } from './access/tokens/token-verifier.js';
export type { Refused, Verified } from './access/verified.js';
