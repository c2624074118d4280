import type { FieldOptions } from '../fields/field.js';
import type { NewModule } from './new-module.js';
import type { NewField } from './new-field.js';

/** The declaration: read this and you know the resource. */
export function entityFile({ names, fields, targets, isPerson }: NewModule): string {
  const others = [...targets].filter(([module]) => module !== names.module);
  const imports = others.map(([module, type]) => `import { ${type} } from '../${module}/${module}.entity.js';`);
  const members = fields.map((field) => {
    const target = field.target === undefined ? undefined : targets.get(field.target);
    const subject = field.isSubject ? '  @Subject()\n' : '';
    return `${subject}  @Field(${optionsCode(field.options, target)})\n  ${field.name}!: ${memberType(field)};`;
  });
  const hasSubject = isPerson || fields.some(({ isSubject }) => isSubject);
  return `import { Entity } from 'typeorm';
import { CrudEntity, Field${hasSubject ? ', Subject' : ''} } from 'plinth';
${imports.join('\n')}

${isPerson ? '@Subject()\n' : ''}@Entity('${names.module}')
export class ${names.type} extends CrudEntity {
${members.join('\n\n')}
}
`;
}

/** A declaration as TypeScript. */
export function optionsCode(options: object, target?: string): string {
  const members = Object.entries(options).map(([name, value]: [string, unknown]) => {
    if (name === 'to') return `to: () => ${target!}`;
    return `${name}: ${name === 'items' ? optionsCode(value as object, target) : JSON.stringify(value)}`;
  });
  return `{ ${members.join(', ')} }`;
}

/** The type of the member: what JSON has. */
function memberType({ options }: NewField): string {
  const type = valueType(options);
  return options.nullable && type !== 'unknown' ? `${type} | null` : type;
}

function valueType({ type, words, items }: FieldOptions): string {
  switch (type) {
    case 'boolean':
      return 'boolean';
    case 'integer':
    case 'number':
      return 'number';
    case 'json':
      return 'unknown';
    case 'enum':
      return words!.map((word) => JSON.stringify(word)).join(' | ');
    case 'list':
      return items!.type === 'enum' ? `(${valueType(items!)})[]` : `${valueType(items!)}[]`;
    default:
      return 'string';
  }
}
