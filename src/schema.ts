import type { Type } from '@nestjs/common';
import type { MigrationInterface } from 'typeorm';
import { ApiKeyEntity } from './access/keys/api-key.entity.js';
import { RateLimitEntity } from './access/limits/rate-limit.entity.js';
import { ConsumerEntity } from './background/consumers/consumer.entity.js';
import { SetAsideEntity } from './background/consumers/set-aside.entity.js';
import { JobEntity } from './background/jobs/job.entity.js';
import { ErasureEntity } from './privacy/ledger/erasure.entity.js';
import { OperationEntity } from './privacy/operations/operation.entity.js';
import { ChangeEntity } from './rows/change.entity.js';
import { FeedEntity } from './rows/feed.entity.js';
import { IdempotencyKeyEntity } from './crud/idempotency/idempotency-key.entity.js';
import { declarationOf, type PlinthModuleClass } from './crud/plinth-module.js';
import { kernelMigrations } from './database/migrations.js';

const KERNEL = [
  IdempotencyKeyEntity,
  ChangeEntity,
  FeedEntity,
  ApiKeyEntity,
  RateLimitEntity,
  ConsumerEntity,
  SetAsideEntity,
  JobEntity,
  OperationEntity,
  ErasureEntity,
];

export interface Schema {
  readonly entities: Type<object>[];
  /** Migrations in the order they run: by the time that their names end in. */
  readonly migrations: Type<MigrationInterface>[];
}

/**
 * The tables of the kernel and of `modules`, and how they came to be.
 * @throws TypeError for migrations whose order is not known
 */
export function schemaOf(modules: readonly PlinthModuleClass[]): Schema {
  const declared = modules.map(declarationOf);
  const migrations = [...kernelMigrations, ...declared.flatMap((module) => module.migrations)];
  migrations.sort((a, b) => writtenAt(a) - writtenAt(b));
  for (const [at, { name }] of migrations.entries()) {
    const before = migrations[at - 1];
    if (before && writtenAt(before) === writtenAt({ name }))
      throw new TypeError(`The migrations ${before.name} and ${name} have one time: give one of them a later one.`);
  }
  return {
    entities: [...KERNEL, ...declared.flatMap(({ resource, entities }) => [resource, ...entities])],
    migrations,
  };
}

function writtenAt({ name }: { readonly name: string }): number {
  const at = /\d{13}$/.exec(name)?.[0];
  if (at === undefined)
    throw new TypeError(`The migration ${name} needs the time at the end of its name: ${name}1764000000000`);
  return Number(at);
}
