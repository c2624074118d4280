import 'reflect-metadata';
import { CrudModel } from '../src/crud/crud.model.js';
import { Resource } from '../src/modules/resource/resource.entity.js';
import { KEPT_TABLES, recordOfProcessing } from '../src/openapi/processing-record.js';
import { kernelTables } from '../src/schema.js';
import { Patient } from './support/patient/patient.entity.js';

describe('the record of processing', () => {
  it('has a line for each resource that is about somebody, from its declaration', () => {
    const purpose = 'Treatment | billing.';
    const models = [
      new CrudModel('resource', Resource),
      new CrudModel('patient', Patient, { purpose, retentionDays: 30 }),
    ];
    const { resources, isNeeded } = recordOfProcessing(models, []);
    const [, , ...rows] = resources.split('\n');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatch(/^\| `patient` \| Treatment \\\| billing\. \| `person` \| /);
    for (const text of [
      '`person` (string, pseudonym)',
      '`born` (date, null)',
      '`initial` (string, follows others)',
      '30 days',
    ])
      expect(rows[0]).toContain(text);
    expect(rows[0]).not.toContain('ward');
    expect(isNeeded).toBe(true);
    expect(recordOfProcessing(models.slice(0, 1), [])).toMatchObject({ isNeeded: false });
  });

  it('says of every table of the kernel what it keeps', () => {
    const tables = kernelTables();
    expect(KEPT_TABLES.map(({ table }) => table)).toEqual(expect.arrayContaining(tables));
    const { kernel } = recordOfProcessing([], tables);
    for (const table of tables) expect(kernel).toContain(`| \`${table}\` |`);
    expect(kernel.split('\n')).toHaveLength(tables.length + 2);
  });
});
