import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { PLAIN_TEXT, pseudonymOf } from '../../fields/pseudonym.js';
import { KeysOfSubject } from './keys-of-subject.js';
import { SubjectRepository } from './subject.repository.js';
import type { Erasing, Task } from './task.js';

/** The subject as a caller of the service: the changes that they made, and API keys that name them. */
@Injectable()
export class CallerTraces {
  constructor(
    private readonly database: Database,
    private readonly subjects: SubjectRepository,
    private readonly keys: KeysOfSubject,
  ) {}

  async erase(task: Task): Promise<void> {
    const { subject, isDry, counts, step } = task;
    const actors = actorsOf(subject);
    const isTheirs = (value: unknown) => actors.includes(value as string);
    for (const key of await this.keys.find(isTheirs)) {
      if (!isDry) await this.keys.erase(key, isTheirs, task);
      counts.add('api-key', 'keys');
      step();
    }
    if (isDry) return counts.add('changes', 'actors', await this.subjects.countActedBy(actors));
    for (let ids; (ids = await this.subjects.actedBy(actors)).length > 0; step()) {
      for (const id of ids) await this.actor(id, task);
      counts.add('changes', 'actors', ids.length);
    }
  }

  /** One change whose author was the subject. */
  async actor(id: string, { token, note }: Erasing): Promise<void> {
    await this.database.transaction(async () => {
      if ((await this.subjects.setActor(id, pseudonymOf(PLAIN_TEXT, token))) === 0) return;
      await note({ module: 'changes', row_id: id, version: 0, how: 'actor' });
    });
  }
}

/** As the change log names a caller who came with a token, or another one. */
export function actorsOf(subject: string): string[] {
  return [subject, `user:${subject}`];
}
