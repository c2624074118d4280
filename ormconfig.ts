import { DataSource } from 'typeorm';
import { readCommandConfig } from './src/config/environment.js';
import { dataSourceOptions } from './src/database/data-source.js';
import { ApiKeyEntity } from './src/access/keys/api-key.entity.js';
import { RateLimitEntity } from './src/access/limits/rate-limit.entity.js';
import { ChangeEntity } from './src/changes/change.entity.js';
import { FeedEntity } from './src/changes/feed.entity.js';
import { IdempotencyKeyEntity } from './src/crud/idempotency/idempotency-key.entity.js';
import { ResourceEntity } from './src/modules/resource/resource.entity.js';

/** The model as TypeORM's own tools see it: the database of the environment, every entity, every migration. */
export const entities = [ResourceEntity, IdempotencyKeyEntity, ChangeEntity, FeedEntity, ApiKeyEntity, RateLimitEntity];

export const dataSource = new DataSource({ ...dataSourceOptions(readCommandConfig().database), entities });
