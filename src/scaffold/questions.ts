import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { SPELLINGS } from './field-arguments.js';
import { Refusal } from './refusal.js';
import { filesOf, type Asked } from './new-module.js';

/** The field of a module where none is named. */
const USUAL_FIELD = 'name:string(255)!:filterable:sortable';

interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

export interface Given {
  readonly module: string | undefined;
  readonly fields: readonly string[];
  readonly verbs: readonly string[];
  readonly isPerson?: boolean;
}

/** Whether personal fields are named, and nobody that they are about. */
export function lacksSubject({ fields, isPerson = false }: Pick<Given, 'fields' | 'isPerson'>): boolean {
  const has = (option: string) => fields.some((field) => field.split(':').slice(2).includes(option));
  return has('personal') && !has('subject') && !isPerson;
}

/** Completes what was given without asking anybody. @throws Refusal for what nobody can guess */
export function completed({ module, fields, verbs, isPerson }: Given): Asked {
  if (module === undefined) throw new Refusal('The NAME of the module is missing');
  return { module, fields: fields.length > 0 ? fields : [USUAL_FIELD], verbs, ...(isPerson && { isPerson }) };
}

/** Asks a person for what is missing, and again for what can't be taken. @throws Refusal where they have gone */
export async function asked(given: Given, root: string, { input, output }: Terminal): Promise<Asked> {
  const lines = createInterface({ input });
  const answers = lines[Symbol.asyncIterator]();
  const ask = async (question: string): Promise<string> => {
    output.write(question);
    const { value, done } = await answers.next();
    if (done) throw new Refusal('Nobody has answered');
    return value.trim();
  };
  const isTaken = (asked: Asked): boolean => {
    try {
      filesOf(asked, root);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      output.write(`${error.message}.\n`);
      return false;
    }
  };
  /** Asks until there is no further one. */
  const askForAll = async (question: string, isGood: (all: string[]) => boolean): Promise<string[]> => {
    for (let all: string[] = []; ;) {
      const answer = await ask(question);
      if (answer === '') return all;
      if (isGood([...all, answer])) all = [...all, answer];
    }
  };
  try {
    let { module } = given;
    const named = { fields: [USUAL_FIELD], verbs: [] };
    while (module === undefined || !isTaken({ module, ...named })) module = await ask('Module, such as library-card: ');
    const name = module;
    let { fields, verbs, isPerson } = given;
    if (fields.length === 0) {
      output.write(`Types: ${Object.values(SPELLINGS).join(', ')}; with ! where there must be a value.\n`);
      fields = await askForAll(`Field, such as title:string(255)!, or nothing: `, (all) =>
        // Who they are about is asked when all are there.
        isTaken({ module: name, fields: all, verbs: [], isPerson: lacksSubject({ fields: all }) }),
      );
    }
    while (lacksSubject({ fields, isPerson })) {
      const named = await ask(
        'The field that names the person whom they are about, or nothing where each row is one: ',
      );
      const about = fields.map((field) => (field.split(':')[0] === named ? `${field}:subject` : field));
      const answer = { module: name, fields: about, verbs: [], isPerson: named === '' };
      if (!isTaken(answer)) continue;
      ({ fields, isPerson } = answer);
    }
    if (verbs.length === 0)
      verbs = await askForAll('Verb, such as return, or nothing: ', (all) =>
        isTaken({ module: name, ...named, verbs: all }),
      );
    return completed({ module, fields, verbs, ...(isPerson && { isPerson }) });
  } finally {
    lines.close();
  }
}
