import type { NewModule, NewVerb } from './new-module.js';

/** The classes that Nest wires, the samples of the suites, and the first test of the module's own. */
export function moduleFiles(subject: NewModule, migration: string): Record<string, string> {
  const { module } = subject.names;
  return {
    [`${module}.repository.ts`]: repositoryFile(subject),
    [`${module}.service.ts`]: serviceFile(subject),
    [`${module}.controller.ts`]: controllerFile(subject),
    [`${module}.module.ts`]: moduleFile(subject, migration),
    [`${module}.sample.ts`]: sampleFile(subject),
    [`${module}.service.spec.ts`]: specFile(subject),
  };
}

function repositoryFile({ names: { module, type } }: NewModule): string {
  return `import { Injectable } from '@nestjs/common';
import { CrudRepository, Database } from 'plinth';
import { ${type} } from './${module}.entity.js';

@Injectable()
export class ${type}Repository extends CrudRepository<${type}> {
  constructor(database: Database) {
    super(database, ${type});
  }
}
`;
}

function serviceFile({ names: { module, type, one, many }, fields, verbs }: NewModule): string {
  const plinth = verbs.length > 0 ? 'CrudService, type Representation, type RequestContext' : 'CrudService';
  const methods = verbs.map(({ verb, method }) => {
    const done = fields.find(({ name, options }) => options.type === 'boolean' && isDone(name, verb));
    return `
  /** \`POST /api/${module}/{id}:${verb}\` */
  async ${method}(id: string, context: RequestContext): Promise<Representation<${type}>> {
    const after = (${one}: ${type}): ${type} => ({ ...${one}${done ? `, ${done.name}: true` : ''} });
    return this.represent(await this.edit(id, 'updated', after, context), context);
  }
`;
  });
  return `import { Injectable } from '@nestjs/common';
import { ${plinth} } from 'plinth';
import type { ${type} } from './${module}.entity.js';
import { ${type}Repository } from './${module}.repository.js';

@Injectable()
export class ${type}Service extends CrudService<${type}> {
  constructor(${many}: ${type}Repository) {
    super(${many});
  }
${methods.join('')}}
`;
}

/** `returned` says that `return` was done. */
function isDone(field: string, verb: string): boolean {
  return [`${verb}ed`, `${verb}d`].includes(field.replaceAll('_', '-'));
}

function controllerFile({ names, verbs }: NewModule): string {
  const { module, type, many } = names;
  const nest = verbs.length > 0 ? 'Controller, Param' : 'Controller';
  const plinth =
    verbs.length > 0
      ? 'ActionEndpoint, Context, CrudController, type Representation, type RequestContext'
      : 'CrudController';
  return `import { ${nest} } from '@nestjs/common';
import { ${plinth} } from 'plinth';
import { ${type} } from './${module}.entity.js';
import { ${type}Service } from './${module}.service.js';

@Controller('${module}')
export class ${type}Controller extends CrudController(${type}) {
  constructor(${verbs.length > 0 ? 'private readonly ' : ''}${many}: ${type}Service) {
    super(${many});
  }
${verbs.map((verb) => handler(names, verb)).join('')}}
`;
}

function handler({ type, many }: NewModule['names'], { verb, method }: NewVerb): string {
  return `
  @ActionEndpoint('${verb}', ${type})
  ${method}(@Param('id') id: string, @Context() context: RequestContext): Promise<Representation<${type}>> {
    return this.${many}.${method}(id, context);
  }
`;
}

function moduleFile({ names: { module, type } }: NewModule, migration: string): string {
  return `import { PlinthModule } from 'plinth';
import { ${migration} } from './create-${module}.migration.js';
import { ${type}Controller } from './${module}.controller.js';
import { ${type} } from './${module}.entity.js';
import { ${type}Repository } from './${module}.repository.js';
import { ${type}Service } from './${module}.service.js';

@PlinthModule({
  resource: ${type},
  controllers: [${type}Controller],
  providers: [${type}Service, ${type}Repository],
  exports: [${type}Service],
  migrations: [${migration}],
})
export class ${type}Module {}
`;
}

function sampleFile({ names: { module, type } }: NewModule): string {
  return `import type { ${type} } from './${module}.entity.js';

/**
 * The \`n\`th good value of a field, for the suites that every module inherits: of each field whose values a rule of this
 * module limits. All others have values by their declaration. Two more lists of names may stand here: \`follows\`, fields that
 * the service works out from others, and \`fixed\`, those that a rule keeps as they are.
 */
export const sample: { readonly [Name in keyof ${type}]?: (n: number) => ${type}[Name] } = {};
`;
}

function specFile({ names: { module, type, one } }: NewModule): string {
  return `import { DomainError } from 'plinth';
import { ruleOf } from 'plinth/testing';
import { ${type} } from './${module}.entity.js';
import { ${type}Service } from './${module}.service.js';

describe('the rule of ${module}', () => {
  const check = ruleOf(${type}Service);

  // Say here what must be refused, and write \`check\` in the service. As soon as it refuses, Jest asks for a plain \`it\`.
  // A module without a rule of its own needs no such file.
  it.failing('refuses what breaks it', async () => {
    const ${one} = Object.assign(new ${type}(), {});
    await expect(check(null, ${one})).rejects.toThrow(DomainError);
  });
});
`;
}
