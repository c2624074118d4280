import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Config } from '../config/config.js';
import type { CrudEntity } from '../crud/crud.entity.js';
import type { CrudModel } from '../crud/crud.model.js';
import type { CrudService } from '../crud/crud.service.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import { ModuleRegistry } from '../crud/module.registry.js';
import type { Condition } from '../crud/query/condition.js';
import { followingPage, parseListQuery } from '../crud/query/list-query.js';
import { ANYBODY, type Caller } from '../http/caller.js';
import { DomainError } from '../http/domain-error.js';
import { Draining } from '../process/draining.js';
import { ChangeEvent } from './change-event.js';
import { ChangeRepository } from './change.repository.js';
import { EventStream } from './event-stream.js';
import type { FeedReader } from './feed-reader.js';
import { FeedRepository } from './feed.repository.js';
import { Feeds } from './feeds.js';
import { parsePosition } from './position.js';
import { Watcher } from './watcher.js';
import type { WatchRequest } from './watch.request.js';

const ROWS_AT_ONCE = 200;

type AnyService = CrudService<CrudEntity>;

/** Streams of changes: from a position, from now, or from the rows as they are. */
@Injectable()
export class WatchService {
  private readonly open = new Map<Watcher, string>();

  constructor(
    private readonly registry: ModuleRegistry,
    private readonly feeds: Feeds,
    private readonly repository: FeedRepository,
    private readonly changes: ChangeRepository,
    private readonly draining: Draining,
    private readonly config: Config,
  ) {
    draining.onDrain(() => {
      for (const watcher of this.open.keys()) watcher.end();
    });
  }

  get count(): number {
    return this.open.size;
  }

  /** @throws DomainError before anything is sent; afterwards the stream just ends, and the client resumes */
  async watch(module: string, request: WatchRequest, context: RequestContext, reply: FastifyReply): Promise<void> {
    this.admit(context.caller);
    const service = this.registry.get(module);
    const reader = this.feeds.readerOf(module);
    const feed = await this.repository.get(module);
    const after = request.after && parsePosition(request.after.text, feed, request.after.where);
    const { model } = service;
    const fields = model.shownTo(context.caller);
    const filter = everyFilter(service.sightOf(context).condition, request.filter);
    // Others may have come while the feed was read; from here to `open` nobody can.
    this.admit(context.caller);
    const view = { model, fields, filter, isPlain: fields === model.shownTo(ANYBODY) };
    const begun = { watcher: undefined as Watcher | undefined };
    const stream = new EventStream(reply, () => {
      if (!begun.watcher) return;
      begun.watcher.close();
      reader.leave(begun.watcher);
      this.open.delete(begun.watcher);
    });
    const watcher = new Watcher(view, stream, context.caller);
    begun.watcher = watcher;
    this.open.set(watcher, context.caller.id);
    try {
      await this.start(watcher, stream, reader, service, request, after, context);
    } catch {
      watcher.end();
    }
  }

  private async start(
    watcher: Watcher,
    stream: EventStream,
    reader: FeedReader,
    service: AnyService,
    request: WatchRequest,
    after: number | undefined,
    context: RequestContext,
  ): Promise<void> {
    // Listening first: what is committed from now on comes by itself, and only the past has to be read.
    const { seq, epoch } = await reader.listen(watcher);
    if (stream.isClosed) return reader.leave(watcher);
    if (request.initial) {
      await this.sendRows(service, stream, request, context);
    }
    const from = request.initial ? seq : (after ?? seq);
    watcher.startAt(from, epoch);
    if (from < seq) await this.catchUp(watcher, stream, service.model, { from, upTo: seq, epoch });
    watcher.goLive();
  }

  /** The past, from the log, up to where the reader was: what comes after that waits, or will come. */
  private async catchUp(
    watcher: Watcher,
    stream: EventStream,
    model: CrudModel,
    { from, upTo, epoch }: { from: number; upTo: number; epoch: string },
  ): Promise<void> {
    for (let at = from; at < upTo && !stream.isClosed;) {
      const rows = await this.changes.between(model.name, at, upTo);
      // Pruned under our feet: the client hears 410 when it comes back.
      if (rows[0]?.seq !== at + 1) return watcher.end();
      watcher.send(rows.map((row) => new ChangeEvent(row, model, epoch)));
      at = rows.at(-1)!.seq!;
      await stream.drained();
    }
  }

  /** The rows as they are, read after the position was taken: none of the changes up to it is missing in them. */
  private async sendRows(
    service: AnyService,
    stream: EventStream,
    { filter }: WatchRequest,
    context: RequestContext,
  ): Promise<void> {
    const { model } = service;
    const fields = model.shownTo(context.caller);
    let query = { ...parseListQuery({}, model.fields), limit: ROWS_AT_ONCE, filter, fields };
    for (;;) {
      const rows = await service.rows(query, context);
      let text = '';
      for (const row of rows.slice(0, ROWS_AT_ONCE)) {
        const data = {
          specversion: '1.0',
          id: `${row.id}-initial`,
          source: `/api/${model.name}`,
          type: `${model.name}.created`,
          subject: row.id,
          datacontenttype: 'application/json',
          data: model.project(row, fields),
        };
        text += `event: created\ndata: ${JSON.stringify(data)}\n\n`;
      }
      if (text !== '') stream.send(text);
      await stream.drained();
      if (rows.length <= ROWS_AT_ONCE || stream.isClosed) return;
      query = { ...query, ...followingPage(query, rows[ROWS_AT_ONCE - 1]!) };
    }
  }

  private admit(caller: Caller): void {
    const headers = { 'retry-after': '5' };
    if (this.draining.isDraining) throw new DomainError('shutting-down', 'The process is being stopped.', { headers });
    const { watchers, watchersPerCaller } = this.config.changes;
    if (this.open.size >= watchers) throw new DomainError('overloaded', 'Too many streams are open.', { headers });
    if (caller === ANYBODY) return;
    const own = [...this.open.values()].filter((id) => id === caller.id).length;
    if (own >= watchersPerCaller)
      throw new DomainError('rate-limited', `A caller may have ${watchersPerCaller} streams.`, { headers });
  }
}

/** The caller's row rule is a filter that they did not give: what leaves it is deleted, what enters it is created. */
function everyFilter(...filters: (Condition | undefined)[]): Condition | undefined {
  const nodes = filters.filter((filter) => filter !== undefined);
  return nodes.length > 1 ? { kind: 'and', nodes } : nodes[0];
}
