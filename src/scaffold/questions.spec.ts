import 'reflect-metadata';
import { PassThrough } from 'node:stream';
import { asked, completed } from './questions.js';

describe('a person in a terminal', () => {
  const ask = async (given: Parameters<typeof asked>[0], ...answers: string[]) => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    input.end(answers.map((answer) => `${answer}\n`).join(''));
    const answer = await asked(given, process.cwd(), { input, output });
    return { answer, told: String(output.read()) };
  };
  const nothing = { module: undefined, fields: [], verbs: [] };

  it('is asked for what is missing', async () => {
    const { answer } = await ask(nothing, 'book', 'title:string!', 'pages:integer', '', 'read', '');
    expect(answer).toEqual({ module: 'book', fields: ['title:string!', 'pages:integer'], verbs: ['read'] });
    const given = { module: 'book', fields: ['title:string!'], verbs: ['read'] };
    expect((await ask(given)).answer).toEqual(given);
  });

  it('is asked again, and told why, where an answer can not be taken', async () => {
    const { answer, told } = await ask(nothing, 'Book', 'book', 'title:strin', 'title:string!', '', 'Read', '');
    expect(answer).toEqual({ module: 'book', fields: ['title:string!'], verbs: [] });
    for (const what of ["'Book' is no name for a module", "has no type 'strin'", "'Read' is no verb"])
      expect(told).toContain(what);
  });

  it('is asked whom personal fields are about', async () => {
    const fields = ['reader:string!:filterable', 'born:date!:personal'];
    const { answer, told } = await ask({ module: 'book', fields, verbs: ['read'] }, 'writer', 'reader');
    expect(answer.fields).toEqual(['reader:string!:filterable:subject', 'born:date!:personal']);
    expect(told).toContain('Nothing says whom born of book is about');
    expect((await ask({ module: 'book', fields, verbs: ['read'] }, '')).answer).toMatchObject({
      fields,
      isPerson: true,
    });
    expect((await ask(nothing, 'book', ...fields, '', '', '')).answer).toMatchObject({ fields, isPerson: true });
  });

  it('may leave it all to the command, but for the name', async () => {
    const { answer } = await ask(nothing, 'book', '', '');
    expect(answer).toEqual({ module: 'book', fields: ['name:string(255)!:filterable:sortable'], verbs: [] });
    expect(completed({ ...nothing, module: 'book' })).toEqual(answer);
    expect(() => completed(nothing)).toThrow('The NAME of the module is missing');
    await expect(ask(nothing)).rejects.toThrow('Nobody has answered');
  });
});
