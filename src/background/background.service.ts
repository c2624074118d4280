import { Injectable, Logger } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { ChangeRepository } from '../changes/change.repository.js';
import { FeedRepository } from '../changes/feed.repository.js';
import { formatPosition } from '../changes/position.js';
import { Page } from '../crud/endpoints/answer.js';
import { Database } from '../database/database.js';
import { DomainError } from '../problems/domain-error.js';
import { nextCursor, parseListQuery } from '../query/list-query.js';
import type { CrudEntity } from '../rows/crud.entity.js';
import { Background } from './background.js';
import { SET_ASIDE_FIELDS, type ConsumerView, type JobView } from './background.dto.js';
import { ConsumerRepository, type ConsumerStanding, type Place } from './consumers/consumer.repository.js';
import type { Beginning } from './consumers/on-change.decorator.js';
import type { SetAsideEntity } from './consumers/set-aside.entity.js';
import { SetAsideRepository } from './consumers/set-aside.repository.js';
import { JobRepository } from './jobs/job.repository.js';

type Query = Readonly<Record<string, unknown>>;

/** The view that operators have of the background, and their decisions. */
@Injectable()
export class BackgroundService {
  private readonly logger = new Logger('Background');

  constructor(
    private readonly background: Background,
    private readonly positions: ConsumerRepository,
    private readonly setAside: SetAsideRepository,
    private readonly times: JobRepository,
    private readonly feeds: FeedRepository,
    private readonly changes: ChangeRepository,
    private readonly database: Database,
  ) {}

  /** Those that the application has, once they have begun. */
  async state(): Promise<{ consumers: ConsumerView[]; jobs: JobView[] }> {
    const { consumers, jobs } = this.background;
    const standing = consumers.length > 0 ? await this.positions.all() : [];
    const times = jobs.length > 0 ? await this.times.all() : [];
    return {
      consumers: standing.filter(({ name }) => consumers.some((one) => one.name === name)).map(viewOf),
      jobs: times.filter(({ name }) => jobs.some((one) => one.name === name)).map(({ starts: _, ...job }) => job),
    };
  }

  /** Rows whose changes are set aside, the latest first unless `sort` says otherwise. */
  async list(raw: Query, caller: Caller): Promise<Page<object>> {
    const query = parseListQuery({ sort: '-at', ...raw }, SET_ASIDE_FIELDS, 'set-aside', {
      without: ['count', 'include_deleted'],
    });
    const { rows, hasMore } = await this.setAside.page(query, caller.id);
    const names = query.fields.map(({ name }) => name);
    const data = rows.map((row) => Object.fromEntries(names.map((name) => [name, row[name as keyof SetAsideEntity]])));
    const last = hasMore ? rows.at(-1) : undefined;
    const cursor = last && nextCursor(query, last as unknown as CrudEntity);
    return new Page(data, { limit: query.limit, ...(cursor !== undefined && { next_cursor: cursor }) });
  }

  /**
   * Has the change of a row that is set aside tried again, or left out; then the row's later ones come. The process that runs the
   * consumer does it.
   * @throws DomainError `not-found`
   */
  async decide(id: string, state: 'retry' | 'skip', by: Caller): Promise<SetAsideEntity> {
    if (!(await this.setAside.mark(id, state))) throw notFound('Nothing is set aside under this id.');
    const row = await this.setAside.find(id);
    if (!row) throw notFound('Nothing is set aside under this id.');
    this.logger.log({
      msg: `${row.module} ${row.resource_id} of consumer ${row.consumer}: ${state}`,
      consumer: row.consumer,
      caller: by.id,
    });
    this.background.wake(row.consumer);
    return row;
  }

  /** Has a consumer that is stopped go on. @throws DomainError `not-found`, `conflict` for one that is not stopped */
  async restart(name: string, from: Beginning, by: Caller): Promise<ConsumerView> {
    const found = await this.positions.find(name);
    if (!found) throw notFound('There is no consumer of this name, or it has not begun yet.');
    if (found.stopped === null) throw new DomainError('conflict', 'The consumer is not stopped.');
    const { module } = found;
    const { epoch, head } = await this.feeds.numberAll(module);
    const seq = from === 'now' ? head : (await this.feeds.get(module)).min_seq - 1;
    const place: Place = { epoch, seq, id: (await this.changes.idAt(module, seq)) ?? null };
    await this.database.transaction(async () => {
      if (!(await this.positions.move(name, found, place)))
        throw new DomainError('conflict', 'The consumer was restarted by somebody else.');
      // They come again with all the others.
      if (from === 'beginning') await this.setAside.clear(name);
    });
    this.logger.log({ msg: `Consumer ${name} is restarted from ${from}`, consumer: name, caller: by.id });
    this.background.wake(name);
    return viewOf((await this.positions.all()).find((one) => one.name === name)!);
  }
}

function viewOf({ name, module, epoch, seq, stopped, moved_at, ...standing }: ConsumerStanding): ConsumerView {
  const { behind, oldest_at: oldest, set_aside } = standing;
  const seconds = oldest === null ? 0 : Math.max(0, (Date.now() - Date.parse(oldest)) / 1000);
  const lag = { lag_changes: behind, lag_seconds: Math.round(seconds * 1000) / 1000 };
  return { name, module, position: formatPosition(epoch, seq), moved_at, ...lag, set_aside, stopped };
}

function notFound(detail: string): DomainError {
  return new DomainError('not-found', detail);
}
