import { Injectable } from '@nestjs/common';
import type { CrudEntity } from '../crud/crud.entity.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import { Page } from '../crud/endpoints/answer.js';
import { ModuleRegistry } from '../crud/module.registry.js';
import type { SqlFragment } from '../crud/query/filter.compiler.js';
import { nextCursor, parseListQuery } from '../crud/query/list-query.js';
import { DomainError } from '../http/domain-error.js';
import type { ChangeEntity } from './change.entity.js';
import { CHANGE_FIELDS } from './change.fields.js';
import { ChangeRepository } from './change.repository.js';

type Query = Readonly<Record<string, unknown>>;
type Show = (row: CrudEntity) => object;

/** Who changed what, when: of one row for those who may read it, of everything for operators. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly registry: ModuleRegistry,
    private readonly changes: ChangeRepository,
  ) {}

  /** Newest first unless `sort` says otherwise; of a deleted row too. @throws DomainError `not-found` */
  async ofRow(module: string, id: string, query: Query, context: RequestContext): Promise<Page<object>> {
    const service = this.registry.get(module);
    if (!(await service.isKnown(id, context)))
      throw new DomainError('not-found', `There is no ${module} with this id.`);
    const only = { sql: '`module` = ? AND `resource_id` = ?', params: [module, id] };
    const visible = service.model.fieldsFor(context.caller).all;
    return this.page(query, `${module}:${id}`, (row) => service.model.project(row, visible), only);
  }

  all(query: Query): Promise<Page<object>> {
    return this.page(query, 'changes', (row) => row);
  }

  private async page(raw: Query, of: string, show: Show, only?: SqlFragment): Promise<Page<object>> {
    const query = parseListQuery({ sort: '-at', ...raw }, CHANGE_FIELDS, of);
    const rows = await this.changes.page(query, only);
    const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
    const data = rows.slice(0, query.limit).map((row) =>
      represent(
        row,
        query.fields.map(({ name }) => name),
        show,
      ),
    );
    const cursor = last && nextCursor(query, last as unknown as CrudEntity);
    return new Page(data, { limit: query.limit, ...(cursor !== undefined && { next_cursor: cursor }) });
  }
}

function represent(change: ChangeEntity, names: readonly string[], show: Show): object {
  const data: Record<string, unknown> = {};
  for (const name of names) {
    const value = change[name as keyof ChangeEntity];
    const isRow = (name === 'before' || name === 'after') && value !== null;
    data[name] = isRow ? show(JSON.parse(value as string) as CrudEntity) : value;
  }
  return data;
}
