import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { CrudEntity } from '../rows/crud.entity.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import { Page } from '../crud/endpoints/answer.js';
import { ModuleRegistry } from '../crud/module.registry.js';
import type { Caller } from '../access/caller.js';
import type { Condition } from '../query/condition.js';
import {
  followingPage,
  MAX_LIMIT,
  nextCursor,
  parseListQuery,
  type ListQuery,
  type Part,
} from '../query/list-query.js';
import { DomainError } from '../problems/domain-error.js';
import type { ChangeEntity } from '../rows/change.entity.js';
import { CHANGE_FIELDS } from './change.fields.js';
import { ChangeRepository } from './change.repository.js';

type Query = Readonly<Record<string, unknown>>;
/** A row of a module as the caller may see it; null for one that they may not. */
type Show = (row: CrudEntity, module: string) => object | null;
type ReadPart = (part: ListQuery) => Promise<Part<ChangeEntity>>;

/** The history of changes, with author and time: of one row for those who may read it, of everything for operators. */
@Injectable()
export class HistoryService {
  private readonly pageBytes: number;

  constructor(
    private readonly registry: ModuleRegistry,
    private readonly changes: ChangeRepository,
    { http }: Config,
  ) {
    this.pageBytes = http.pageBytes;
  }

  /** Newest first unless `sort` says otherwise; of a deleted row too. @throws DomainError `not-found` */
  async ofRow(module: string, id: string, raw: Query, context: RequestContext): Promise<Page<object>> {
    const query = parse(raw, `${module}:${id}`);
    const service = this.registry.get(module);
    if (!(await service.isKnown(id, context)))
      throw new DomainError('not-found', `There is no ${module} with this id.`);
    const only: Condition = { kind: 'and', nodes: [equal('module', module), equal('resource_id', id)] };
    const visible = service.model.fieldsFor(context.caller).all;
    const visibility = service.visibilityOf(context);
    const show: Show = (row) => (visibility.sees(row) ? service.model.project(row, visible) : null);
    return this.page(query, context.caller, show, only);
  }

  /** Every row, and of it all that is shown to anybody: what is only written, or no field, is for nobody to read. */
  async all(raw: Query, caller: Caller): Promise<Page<object>> {
    const show: Show = (row, module) => {
      const model = this.registry.find(module)?.model;
      // The kernel records its own rows as they are shown.
      return model ? model.project(row, model.fields.for(() => true).all) : row;
    };
    return this.page(parse(raw, 'changes'), caller, show);
  }

  private page(query: ListQuery, caller: Caller, show: Show, only?: Condition): Promise<Page<object>> {
    // Whether the caller may see a change is in its rows, whatever fields they asked for.
    const columns = [...new Set([...query.columns, 'before', 'after'])];
    const whole = { ...query, columns };
    return this.changes.gather(whole, caller.id, only, (read) => this.fill(whole, show, read));
  }

  private async fill(query: ListQuery, show: Show, read: ReadPart): Promise<Page<object>> {
    const names = query.fields.map(({ name }) => name);
    const shown: { row: ChangeEntity; data: object }[] = [];
    let bytes = 0;
    let hasMore = false;
    // Until the page is full of what the caller may see: a short one, or its cursor, would tell of what they may not. With one
    // row more at first, which tells whether there is a next page.
    let part: ListQuery | undefined = { ...query, limit: query.limit + 1 };
    while (part && !hasMore) {
      const { rows, hasMore: goesOn } = await read(part);
      for (const row of rows) {
        const data = represent(row, names, show);
        if (!data) continue;
        hasMore = shown.length === query.limit || bytes >= this.pageBytes;
        if (hasMore) break;
        shown.push({ row, data });
        bytes += (row.before?.length ?? 0) + row.after.length;
      }
      part = goesOn
        ? { ...part, ...followingPage(part, rows.at(-1) as unknown as CrudEntity), limit: MAX_LIMIT }
        : undefined;
    }
    const last = hasMore ? shown.at(-1)!.row : undefined;
    const cursor = last && nextCursor(query, last as unknown as CrudEntity);
    const data = shown.map((one) => one.data);
    return new Page(data, { limit: query.limit, ...(cursor !== undefined && { next_cursor: cursor }) });
  }
}

function equal(field: string, value: string): Condition {
  return { kind: 'compare', field: CHANGE_FIELDS.find(field)!, operator: 'eq', value };
}

function parse(raw: Query, of: string): ListQuery {
  return parseListQuery({ sort: '-at', ...raw }, CHANGE_FIELDS, of, { without: ['count', 'include_deleted'] });
}

/** Null for a change from one row that the caller may not see to another: to them it has not happened. */
function represent(change: ChangeEntity, names: readonly string[], show: Show): object | null {
  const [before, after] = [change.before, change.after].map(
    (text) => text && show(JSON.parse(text) as CrudEntity, change.module),
  );
  if (!before && !after) return null;
  const data: Record<string, unknown> = {};
  for (const name of names) {
    if (name === 'before') data[name] = before ?? null;
    else if (name === 'after') data[name] = after;
    else data[name] = change[name as keyof ChangeEntity];
  }
  return data;
}
