import { DataSource } from 'typeorm';
import { readCommandConfig } from './src/config/environment.js';
import { dataSourceOptions } from './src/database/data-source.js';
import { modules } from './src/modules/index.js';
import { schemaOf } from './src/schema.js';

/** The model as TypeORM's own tools see it: the database of the environment, every entity, every migration. */
export const dataSource = new DataSource({ ...dataSourceOptions(readCommandConfig().database), ...schemaOf(modules) });
