import { Global, Module, type DynamicModule } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { Config } from '../config/config.js';
import { dataSourceOptions } from './data-source.js';
import { DatabaseConnector } from './database.connector.js';
import { DatabaseProbe } from './database.probe.js';
import { DatabaseState } from './database-state.js';
import { Database } from './database.js';
import { ErrorReasons } from '../problems/error-reasons.js';
import { SchemaReasons } from './schema/schema-reasons.js';

@Global()
@Module({})
export class DatabaseModule {
  /** @param schema the tables of all modules that are served, and their migrations in the order they run */
  static forRoot(schema: Pick<DataSourceOptions, 'entities' | 'migrations'>): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: [Config],
          // Connecting is `DatabaseConnector`'s: in the background, after the listener is up.
          useFactory: ({ database }: Config) => ({
            ...dataSourceOptions(database),
            ...schema,
            manualInitialization: true,
          }),
        }),
      ],
      providers: [
        {
          provide: Database,
          inject: [getDataSourceToken(), Config],
          useFactory: (dataSource: DataSource, { database, log }: Config) =>
            new Database(dataSource, database, log.slowStatementMs),
        },
        DatabaseState,
        { provide: ErrorReasons, useClass: SchemaReasons },
        DatabaseProbe,
        DatabaseConnector,
      ],
      exports: [Database, DatabaseState, ErrorReasons],
    };
  }
}
