import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from './refusal.js';

/** The folder of a team's modules, and the file that lists them. */
export const FOLDER = 'src/modules';
const INDEX = `${FOLDER}/index.ts`;
const LIST = /(export const modules(?:: [\w[\] ]+)? = \[)([\w\s,]*)(\])/;
const IMPORTS = /^import\b[^;]*;\n/gm;

/** The modules of the repository at `root`, as its files tell of them: nothing has to be built for it. */
export class TeamModules {
  /** The resource's class, by the module's name. */
  private readonly resources: ReadonlyMap<string, string>;

  constructor(private readonly root: string) {
    if (!existsSync(join(root, INDEX))) throw new Refusal(`There is no ${INDEX} here: run this where package.json is`);
    const folders = readdirSync(join(root, FOLDER), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    this.resources = new Map(folders.map(({ name }) => [name, this.resourceOf(name)]));
  }

  get names(): string[] {
    return [...this.resources.keys()];
  }

  /** @throws Refusal where there is no such module */
  resource(module: string): string {
    const resource = this.resources.get(module);
    if (resource === undefined || resource === '')
      throw new Refusal(
        `There is no module '${module}' to refer to, with a class in ${FOLDER}/${module}/${module}.entity.ts: make it first`,
      );
    return resource;
  }

  /** Later than all migrations that are there: they run in the order of their times. */
  nextTime(): number {
    const files = readdirSync(join(this.root, FOLDER), { recursive: true, encoding: 'utf8' });
    const texts = files.filter((file) => file.endsWith('.migration.ts')).map((file) => this.read(join(FOLDER, file)));
    const times = texts.flatMap((text) => [...text.matchAll(/class \w*?(\d{13})\b/g)].map(([, time]) => Number(time)));
    return Math.max(Date.now(), ...times.map((time) => time + 1));
  }

  /** The file that lists the modules, with one more. @throws Refusal where it is not written as expected */
  indexWith(type: string, module: string): readonly [path: string, text: string] {
    const text = this.read(INDEX);
    const list = LIST.exec(text);
    const end = [...text.matchAll(IMPORTS)].map(({ index, 0: line }) => index + line.length).at(-1) ?? 0;
    if (!list || list.index < end)
      throw new Refusal(`${INDEX} is not written as expected: export const modules = [ResourceModule, …];`);
    const names = [...list[2]!.split(',').flatMap((name) => name.trim() || []), `${type}Module`];
    const line = `import { ${type}Module } from './${module}/${module}.module.js';\n`;
    const listed = text
      .slice(end)
      .replace(LIST, (_all, before, _names, after) => `${before}${names.join(', ')}${after}`);
    return [INDEX, `${text.slice(0, end)}${line}${listed}`];
  }

  private resourceOf(module: string): string {
    const file = join(FOLDER, module, `${module}.entity.ts`);
    if (!existsSync(join(this.root, file))) return '';
    return /export class (\w+) extends CrudEntity\b/.exec(this.read(file))?.[1] ?? '';
  }

  private read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8');
  }
}
