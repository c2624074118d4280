import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../src/app.setup.js';
import { loadConfig } from '../src/config/config.js';
import { modules } from '../src/modules/index.js';
import { schemaOf } from '../src/schema.js';
import { freshDatabase } from '../src/testing/database.js';
import { SpecimenModule } from './support/specimen/specimen.module.js';
import { WidgetModule } from './support/widget/widget.module.js';
import { PlinthModule } from '../src/crud/plinth-module.js';
import { Widget } from './support/widget/widget.entity.js';

describe('a start', () => {
  it('is refused with a resource whose module has no line in modules/index.ts', async () => {
    const fresh = await freshDatabase('sqlite');
    const app = await createApp(loadConfig({ DATABASE_URL: fresh.url, PORT: '0' }), modules, {
      imports: [SpecimenModule],
    });
    const outcome = await app.init().then(String, String);
    await app.close().catch(() => undefined);
    await fresh.drop();
    expect(outcome).toBe(
      "TypeError: SpecimenModule serves 'specimen', and its migrations would not run: it needs @PlinthModule() and a line in src/modules/index.ts.",
    );
  });

  it('is refused with two migrations of one time, or one of none', () => {
    class CreateWidget1764000000005 {}
    class Other1764000000005 {}
    class Timeless {}
    const withMigrations = (...migrations: object[]) => {
      class Module {}
      PlinthModule({ resource: Widget, migrations: migrations as never })(Module);
      return Module;
    };
    expect(() => schemaOf([withMigrations(CreateWidget1764000000005, Other1764000000005)])).toThrow(
      'The migrations CreateWidget1764000000005 and Other1764000000005 have one time',
    );
    expect(() => schemaOf([withMigrations(Timeless)])).toThrow('Timeless needs the time at the end of its name');
    expect(schemaOf([WidgetModule]).migrations.map(({ name }) => name)).toContain('CreateWidget1764000000005');
  });

  it('knows the tables that a module has beside that of its resource', () => {
    class Extra {}
    class Module {}
    PlinthModule({ resource: Widget, entities: [Extra], migrations: [] })(Module);
    expect(schemaOf([Module]).entities).toEqual(expect.arrayContaining([Widget, Extra]));
  });

  it('knows every migration that stands in the folder of a module', async () => {
    const folder = join(import.meta.dirname, '../src/modules');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.migration.ts'),
    );
    const classes = await Promise.all(
      files.map(async (file) => Object.keys((await import(join(folder, file))) as object)),
    );
    const listed = schemaOf(modules).migrations.map(({ name }) => name);
    expect(classes.flat().filter((name) => !listed.includes(name))).toEqual([]);
    expect(files).not.toEqual([]);
  });
});
