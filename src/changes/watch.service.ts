import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Config } from '../config/config.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import { ModuleRegistry } from '../crud/module.registry.js';
import type { Condition } from '../query/condition.js';
import { ANYBODY, type Caller } from '../access/caller.js';
import { DomainError } from '../problems/domain-error.js';
import { wordsOf } from '../problems/error-words.js';
import { Draining } from '../runtime/draining.js';
import { Backlog } from './backlog.js';
import { EventStream } from './event-stream.js';
import { FeedRepository } from './feed.repository.js';
import { Feeds } from './feeds.js';
import { checkKept } from './position.js';
import { Watcher } from './watcher.js';
import type { WatchRequest } from './watch.request.js';

const RETRY_AFTER = { headers: { 'retry-after': '5' }, log: { limit: 'streams' } };

/** Streams of changes: from a position, from now, or from the rows as they are. */
@Injectable()
export class WatchService {
  private readonly logger = new Logger(WatchService.name);
  private readonly open = new Map<Watcher, string>();
  /** Streams that were ended because their readers were too far behind. */
  dropped = 0;

  constructor(
    private readonly registry: ModuleRegistry,
    private readonly feeds: Feeds,
    private readonly repository: FeedRepository,
    private readonly backlog: Backlog,
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
    const { caller } = context;
    this.admit(caller);
    const service = this.registry.get(module);
    const { model } = service;
    const reader = this.feeds.readerOf(module);
    const fields = model.shownTo(caller);
    const visibility = service.visibilityOf(context).condition;
    const filter = everyFilter(visibility, request.filter);
    const stream = new EventStream(reply, () => {
      watcher.close();
      reader.leave(watcher);
      if (stream.isDropped) this.dropped++;
      this.open.delete(watcher);
    });
    const isPlain = fields === model.shownTo(ANYBODY);
    const watcher = new Watcher({ model, fields, filter, visibility, isPlain }, stream, caller);
    this.open.set(watcher, caller.id);
    try {
      // Listening first: what is committed from now on comes by itself, and only the past has to be read.
      const place = await reader.listen(watcher, request.after?.seq);
      const feed = request.after && (await this.repository.get(module));
      if (stream.isLeft) return stream.abandon();
      if (!place || this.draining.isDraining) throw shuttingDown();
      if (feed) checkKept(request.after, { ...feed, head: place.seq });
      stream.open();
      if (stream.isClosed) return;
      watcher.startAt(request.initial || !request.after ? place : request.after);
      if (request.initial) await this.backlog.sendRows(service, watcher, stream, request.filter, context);
      await this.backlog.catchUp(watcher, stream, reader, model);
    } catch (error) {
      if (stream.isOpen && !stream.isClosed) this.report(module, error as Error, context);
      watcher.end();
      if (!stream.isOpen) throw error;
    }
  }

  private report(module: string, error: Error, { traceId }: RequestContext): void {
    const isExpected = error instanceof DomainError;
    const msg = `A stream of ${module} ended before its past was sent: ${wordsOf(error)}`;
    this.logger.warn({ msg, trace_id: traceId, ...(!isExpected && { err: error }) });
  }

  private admit(caller: Caller): void {
    if (this.draining.isDraining) throw shuttingDown();
    const { watchers, watchersPerCaller } = this.config.changes;
    if (this.open.size >= watchers) throw new DomainError('overloaded', 'Too many streams are open.', RETRY_AFTER);
    if (caller === ANYBODY) return;
    const own = [...this.open.values()].filter((id) => id === caller.id).length;
    if (own >= watchersPerCaller)
      throw new DomainError('rate-limited', `A caller may have ${watchersPerCaller} streams.`, {
        ...RETRY_AFTER,
      });
  }
}

function shuttingDown(): DomainError {
  return new DomainError('shutting-down', 'The process is being stopped.', RETRY_AFTER);
}

/** The caller's row rule is a filter that they did not give: what leaves it is deleted, what enters it is created. */
function everyFilter(...filters: (Condition | undefined)[]): Condition | undefined {
  const nodes = filters.filter((filter) => filter !== undefined);
  return nodes.length > 1 ? { kind: 'and', nodes } : nodes[0];
}
