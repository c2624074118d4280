import { freshDatabase } from '../src/testing/database.js';
import { Guide } from './support/guide.js';
import { Scratch } from './support/scratch.js';

/** Builds and runs of Jest in another repository, beside those of this one. */
const LONG_MS = 900_000;

/** Every type, with every option that it may have. */
const EVERY_TYPE = `
  title:string(255)!:filterable      code:string(40)!:unique            short:string(5):sortable
  essay:text=word:filterable         colour:enum(red,green)!:filterable:sortable
  open:boolean=true:filterable       count:integer(0,100)!:sortable     tiny:integer(,5)
  wide:integer(-9007199254740991,9007199254740991):filterable           big:bigint!:unique
  price:decimal(12,2)!:unique        tax:decimal(4,2)=1.5:filterable    ratio:number(0,):sortable
  day:date!:filterable:sortable      at:timestamp=2026-01-01T00:00:00Z:sortable
  shape:json!                        tags:list(string(40))=["a","b"]    prices:list(decimal(9,3))
  owner:reference(customer)!:filterable   keeper:reference(customer)!:unique   parent_id:reference(library-card)
  note:string=x:readonly             signed:boolean=false:readonly
`
  .trim()
  .split(/\s+/);

describe('npm run new', () => {
  let scratch: Scratch;
  beforeAll(() => void (scratch = new Scratch()));
  afterAll(() => scratch.remove());

  const done = (script: string, env?: Record<string, string>) => scratch.done(script, env);
  const commit = 'git add -A && git commit -qm more';

  it(
    'makes a module in ten minutes, as the guide has it',
    async () => {
      const { url, drop } = await freshDatabase('sqlite');
      const guide = new Guide('docs/adding-a-module.md', scratch);
      try {
        const answer = await fetch(`${await guide.follow(url)}/api/loan/first`);
        expect(await answer.json()).toMatchObject({
          data: { borrower_id: 'ada', copy: 'MD-1', returned: true, lent_copy: null },
        });
      } finally {
        await guide.end();
        await drop();
      }
      await done(commit);
    },
    LONG_MS,
  );

  it(
    'makes modules of every type, which pass as they are',
    async () => {
      const fields = EVERY_TYPE.map((field) => `'${field}'`).join(' ');
      await done(`npm run --silent new -- library-card ${fields} --verb sign --verb sign-off`);
      await done(commit);
      // Nothing that has many values.
      await done(`npm run --silent new -- flag 'active:boolean!' 'kind:enum(a,b)=a'`);
      await done(commit);
      expect(await done('npm run --silent migrate:generate -- more')).toContain('there is nothing to generate');
      await done(
        'npm run --silent typecheck && npx eslint src/modules && npx prettier --check src/modules openapi.json',
      );
      await done('npm run --silent docs:check && npx depcruise src/modules');
      const only = '(loan|library-card|flag) on|the rule of|the reference|what the reference shows';
      await done(`npm test -- test/contract test/docs src/modules -t '${only}'`);
    },
    LONG_MS,
  );

  it(
    'refuses what it can not take, and changes that are not committed, before it writes anything',
    async () => {
      const run = (args: string) => scratch.run(`npm run --silent new -- ${args}`);
      for (const [args, said] of [
        ['', 'The NAME of the module is missing'],
        ['Loan', "'Loan' is no name for a module"],
        ['loan', "'loan' is there already"],
        ['select', "'select' is a word of SQL"],
        ['class', "'class' is a word of TypeScript"],
        ['api-key', 'the service itself has routes of'],
        ['create-loan', 'two schemas of the name CreateLoan'],
        ['problem', 'two schemas of the name Problem'],
        ['entity', 'two classes the name Entity'],
        ['book title', "'title' is no field: write name:type"],
        ["book 'title:strin'", "has no type 'strin': there are string(255)"],
        ["book 'title:string(x)'", 'has arguments that string does not take'],
        ["book 'title:list(json)'", "book.title can't be a list of json"],
        ["book 'title:string:sorted'", "has no option 'sorted': there are unique, filterable, sortable, readonly"],
        ["book 'title:string!:personal'", "'personal', which a declaration can't say yet"],
        ["book 'title:string?'", "has '?' after its type"],
        ["book 'id:string'", 'the name of a field that every resource has'],
        ["book 'order:string'", 'a word of SQL as its name: take another one, such as book_order'],
        ["book 'Title:string'", 'names are snake_case'],
        ["book 'title:text:sortable'", "book.title can't be sorted by: a text has no order"],
        ["book 'pages:integer=many'", 'a default that its own rules refuse: it must be an integer'],
        ["book 'title:string!=x'", 'is required and has a default'],
        ["book 'title:string!:readonly'", 'must have a value that nobody may give'],
        ["book 'kind:enum(a,b)!:unique'", 'more rows than'],
        ["book 'shelf:reference(shelf)'", "There is no module 'shelf' to refer to"],
        ["book 'next:reference(book)!'", 'the first row could name none'],
        ["book 'title:string' 'title:text'", 'two fields of the name title'],
        ["book 'title:string' --verb Read", "'Read' is no verb"],
        ["book 'title:string' --verb restore", "'restore' is what every module has already"],
        ["book 'title:string' --verb read --verb read", 'There are two verbs read'],
      ]) {
        const { code, output } = await run(args!);
        expect({ args, code, output }).toEqual({ args, code: 64, output: expect.stringContaining(said!) });
      }
      expect(await done(`npm run --silent new -- book 'title:string(99)!' --dry-run`)).toContain('maxLength: 99');
      expect(await done('git status --porcelain')).toBe('');
      scratch.write('notes.txt', 'not committed');
      const { code, output } = await run("book 'title:string!'");
      expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('not committed') });
      expect(await done('git status --porcelain')).toBe('?? notes.txt\n');
    },
    LONG_MS,
  );
});
