import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/caller.js';
import { Config } from '../../config/config.js';
import { DomainError } from '../../problems/domain-error.js';

const headers = { 'retry-after': '5' };

/** Exports that are under way: each has a part of its rows in memory for as long as its reader takes. */
@Injectable()
export class Exports {
  private readonly callers = new Map<string, number>();
  private open = 0;

  constructor(private readonly config: Config) {}

  /**
   * @returns what ends it, to be called once
   * @throws DomainError `rate-limited`, `overloaded`
   */
  begin({ id }: Caller): () => void {
    const { exports, exportsPerCaller } = this.config.http;
    const { keys, jwt } = this.config.access;
    const own = this.callers.get(id) ?? 0;
    if ((keys || jwt) && own >= exportsPerCaller)
      throw new DomainError(
        'rate-limited',
        `A caller may have ${exportsPerCaller} exports at once. Read one to its end, or close it.`,
        { headers, log: { limit: 'exports' } },
      );
    if (this.open >= exports)
      throw new DomainError('overloaded', `The service makes ${exports} exports at once. Ask again later.`, {
        headers,
        log: { limit: 'exports' },
      });
    this.open++;
    this.callers.set(id, own + 1);
    return () => {
      this.open--;
      const left = this.callers.get(id)! - 1;
      if (left > 0) this.callers.set(id, left);
      else this.callers.delete(id);
    };
  }
}
