import { spawnSync } from 'node:child_process';
import { formatted } from './database/generate/formatted.js';
import { readArguments, runCommand, UsageError } from './process/command.js';
import { SPELLINGS } from './scaffold/field-arguments.js';
import { filesOf, type Files } from './scaffold/new-module.js';
import { asked, completed, lacksSubject, type Given } from './scaffold/questions.js';
import { Refusal } from './scaffold/refusal.js';
import { refuseUncommitted, writeFiles } from './scaffold/write.js';

const USAGE = `npm run new -- NAME [FIELD …] [--verb VERB …] [--person] [--dry-run]

Writes a module: src/modules/NAME with its declaration, migration, classes and first test, and its line in
src/modules/index.ts. Then it regenerates the documents. In a terminal it asks for what is missing.

  NAME       one noun, such as library-card: folder, table, route and scope
  FIELD      name:type, then ! where it must be given, =value for a default (else it may be null), and any of
             :unique :filterable :sortable :readonly :personal :subject, such as 'book_title:string(255)!:filterable'
  type       ${Object.values(SPELLINGS).slice(0, 7).join(', ')},
             ${Object.values(SPELLINGS).slice(7).join(', ')}
             The name of a reference ends in _id, and gets it where it does not.
             :personal tells something about a person, whom :subject names; that one is personal itself
  --person   each row is a person
  --verb     an action on one row, POST /api/NAME/{id}:VERB; may be said more than once
  --dry-run  shows what would be written

npm run new -- loan 'book_title:string(255)!' 'borrower:reference(customer)!' 'due_on:date!' 'returned:boolean=false' --verb return`;

await runCommand(async () => {
  const options = {
    verb: { type: 'string', multiple: true },
    person: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  } as const;
  const { values, positionals } = readArguments(USAGE, options, Infinity);
  const [module, ...fields] = positionals;
  const root = process.cwd();
  const isDry = values['dry-run'] === true;
  const given = { module, fields, verbs: values.verb ?? [], isPerson: values.person === true };
  const isIncomplete = module === undefined || fields.length === 0 || lacksSubject(given);
  const isAsked = isIncomplete && process.stdin.isTTY && process.stdout.isTTY;
  // Nobody is to answer for nothing.
  if (isAsked && !isDry) refuseUncommitted(root);
  const files = await allFormatted(await plan(given, root, isAsked));
  if (isDry) return show(files);
  refuseUncommitted(root);
  writeFiles(files, root);
  for (const path of files.keys()) console.log(`Wrote ${path}.`);
  regenerateDocuments();
  console.log(`Next: npm run migrate, the rule in the service, and npm test.`);
});

/** @throws UsageError for what can't be taken */
async function plan(given: Given, root: string, isAsked: boolean): Promise<Files> {
  try {
    const complete = isAsked
      ? await asked(given, root, { input: process.stdin, output: process.stdout })
      : completed(given);
    return filesOf(complete, root);
  } catch (error) {
    throw error instanceof Refusal ? new UsageError(error.message, USAGE) : error;
  }
}

async function allFormatted(files: Files): Promise<Files> {
  const format = async ([path, text]: [string, string]) => [path, await formatted(path, text)] as const;
  return new Map(await Promise.all([...files].map(format)));
}

function show(files: Files): void {
  for (const [path, text] of files) console.log(`--- ${path}\n${text}`);
}

/** @throws Error where they could not be written, which is so where the module does not compile */
function regenerateDocuments(): void {
  const { status } = spawnSync('npm', ['run', '--silent', 'docs'], { stdio: 'inherit' });
  if (status !== 0)
    throw new Error('The module is written, but not the documents: mend what stands above, then npm run docs');
}
