import { Injectable, Logger } from '@nestjs/common';
import type { CrudEntity } from '../rows/crud.entity.js';
import type { CrudModel } from '../crud/crud.model.js';
import type { CrudService } from '../crud/crud.service.js';
import type { RequestContext } from '../crud/endpoints/request-context.js';
import type { Condition } from '../query/condition.js';
import { followingPage, parseListQuery } from '../query/list-query.js';
import { ChangeEvent } from './change-event.js';
import { ChangeRepository } from './change.repository.js';
import type { EventStream } from './event-stream.js';
import type { FeedReader } from './feed-reader.js';
import type { Watcher } from './watcher.js';

const ROWS_AT_ONCE = 200;

/** Sends what a stream begins with, as fast as its client reads: rows, and changes of the past. */
@Injectable()
export class Backlog {
  private readonly logger = new Logger(Backlog.name);

  constructor(private readonly changes: ChangeRepository) {}

  /**
   * The rows as they are, read after the watcher's position was taken: none of the changes up to it is missing in them.
   * They have no positions themselves, so a client that is cut off before the bookmark begins anew.
   */
  async sendRows(
    service: CrudService<CrudEntity>,
    watcher: Watcher,
    stream: EventStream,
    filter: Condition | undefined,
    context: RequestContext,
  ): Promise<void> {
    const { model } = service;
    const fields = model.shownTo(context.caller);
    let query = { ...parseListQuery({}, model.fields), limit: ROWS_AT_ONCE, filter, fields, hasBegun: true };
    while (!stream.isClosed) {
      const { rows, hasMore } = await service.rows(query, context);
      let text = '';
      for (const row of rows) {
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
      await stream.sendAll(text);
      if (!hasMore) return watcher.sendBookmark();
      query = { ...query, ...followingPage(query, rows.at(-1)!) };
    }
  }

  /** The changes from the watcher's position to the reader's, from the log. Then the watcher is live. */
  async catchUp(watcher: Watcher, stream: EventStream, reader: FeedReader, model: CrudModel): Promise<void> {
    while (watcher.position.seq < reader.seq) {
      const { epoch, seq } = watcher.position;
      const rows = await this.changes.between(model.name, seq, reader.seq);
      if (stream.isClosed) return;
      if (rows[0]?.seq !== seq + 1) {
        // Pruned meanwhile: the client hears 410 when it comes back.
        this.logger.warn(`The changes of ${model.name} after ${seq} are gone: a watcher that wants them is ended`);
        return watcher.end();
      }
      await watcher.sendPast(rows.map((row) => new ChangeEvent(row, model, epoch)));
    }
    // In the turn in which the reader's place was looked at: whatever comes next is delivered.
    watcher.goLive();
  }
}
