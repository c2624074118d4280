import { Injectable } from '@nestjs/common';
import type { CrudEntity } from '../crud/crud.entity.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import { Page } from '../crud/endpoints/answer.js';
import { ModuleRegistry } from '../crud/module.registry.js';
import type { SqlFragment } from '../crud/query/filter.compiler.js';
import { nextCursor, parseListQuery, type ListQuery } from '../crud/query/list-query.js';
import { DomainError } from '../http/domain-error.js';
import type { ChangeEntity } from './change.entity.js';
import { CHANGE_FIELDS } from './change.fields.js';
import { ChangeRepository } from './change.repository.js';

type Query = Readonly<Record<string, unknown>>;
/** A row as the caller may see it; null for one that they may not. */
type Show = (row: CrudEntity) => object | null;

/** Who changed what, when: of one row for those who may read it, of everything for operators. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly registry: ModuleRegistry,
    private readonly changes: ChangeRepository,
  ) {}

  /** Newest first unless `sort` says otherwise; of a deleted row too. @throws DomainError `not-found` */
  async ofRow(module: string, id: string, raw: Query, context: RequestContext): Promise<Page<object>> {
    const query = parse(raw, `${module}:${id}`);
    const service = this.registry.get(module);
    if (!(await service.isKnown(id, context)))
      throw new DomainError('not-found', `There is no ${module} with this id.`);
    const only = { sql: '`module` = ? AND `resource_id` = ?', params: [module, id] };
    const visible = service.model.fieldsFor(context.caller).all;
    const sight = service.sightOf(context);
    const show: Show = (row) => (sight.sees(row) ? service.model.project(row, visible) : null);
    return this.page(query, show, only);
  }

  async all(raw: Query): Promise<Page<object>> {
    return this.page(parse(raw, 'changes'), (row) => row);
  }

  private async page(query: ListQuery, show: Show, only?: SqlFragment): Promise<Page<object>> {
    // Whether the caller may see a change is in its rows, whatever fields they asked for.
    const columns = [...new Set([...query.columns, 'before', 'after'])];
    const rows = await this.changes.page({ ...query, columns }, only);
    const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
    const names = query.fields.map(({ name }) => name);
    const data = rows.slice(0, query.limit).flatMap((row) => represent(row, names, show) ?? []);
    const cursor = last && nextCursor(query, last as unknown as CrudEntity);
    return new Page(data, { limit: query.limit, ...(cursor !== undefined && { next_cursor: cursor }) });
  }
}

function parse(raw: Query, of: string): ListQuery {
  return parseListQuery({ sort: '-at', ...raw }, CHANGE_FIELDS, of, ['count', 'include_deleted']);
}

/** Null for a change from one row that the caller may not see to another: to them it has not happened. */
function represent(change: ChangeEntity, names: readonly string[], show: Show): object | null {
  const [before, after] = [change.before, change.after].map((text) => text && show(JSON.parse(text) as CrudEntity));
  if (!before && !after) return null;
  const data: Record<string, unknown> = {};
  for (const name of names) {
    if (name === 'before') data[name] = before ?? null;
    else if (name === 'after') data[name] = after;
    else data[name] = change[name as keyof ChangeEntity];
  }
  return data;
}
