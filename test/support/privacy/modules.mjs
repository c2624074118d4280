// Modules with personal fields of every type, and each kind of subject: without decorators, for a process that runs as it is.
import 'reflect-metadata';
import { Controller, Injectable } from '@nestjs/common';
import {
  CrudController,
  CrudEntity,
  CrudRepository,
  CrudService,
  Database,
  Field,
  OnChange,
  PlinthModule,
  Portable,
  Subject,
} from 'plinth';
import { Entity } from 'typeorm';

const WRITABLE = { writable: true };
const PERSONAL = { personal: true, writable: true };
const MAY_GO = { ...PERSONAL, nullable: true };

/** Injects by type, as the compiler would have it. */
function injected(type, ...dependencies) {
  Reflect.defineMetadata('design:paramtypes', dependencies, type);
  Injectable()(type);
}

function moduleOf(name, time, fields, subject, indexes = [], uniques = [], providers = []) {
  const Row = { [name]: class extends CrudEntity {} }[name];
  for (const [member, options] of Object.entries(fields(Row))) {
    Field(options)(Row.prototype, member);
    if (member === subject) Subject()(Row.prototype, member);
  }
  if (subject === 'id') Subject()(Row);
  Entity(name)(Row);
  const stored = Object.entries(fields(Row)).filter(([, { derived }]) => !derived);
  const Create = {
    [`Create${time}`]: class {
      up = (runner) => new Portable(runner).createResource(name, Object.fromEntries(stored), { indexes, uniques });
      down = (runner) => new Portable(runner).dropResource(name);
    },
  }[`Create${time}`];
  class Rows extends CrudRepository {
    constructor(database) {
      super(database, Row);
    }
  }
  injected(Rows, Database);
  class Service extends CrudService {
    constructor(rows) {
      super(rows, { personalInUrls: true });
    }
  }
  injected(Service, Rows);
  class Routes extends CrudController(Row) {}
  Reflect.defineMetadata('design:paramtypes', [Service], Routes);
  Controller(name)(Routes);
  const Module = { [name]: class {} }[name];
  const all = [Service, Rows, ...providers.map((make) => make(Row))];
  PlinthModule({ resource: Row, controllers: [Routes], providers: all, exports: [Service], migrations: [Create] })(
    Module,
  );
  return { Module, Row };
}

/** A consumer that says the value which it can't handle. */
function poisoned(Row) {
  class Mailer {
    send({ after }) {
      if (after.ward === 'poison') throw new Error(`Can't mail to ${after.email}`);
    }
  }
  const method = Object.getOwnPropertyDescriptor(Mailer.prototype, 'send');
  OnChange(Row, { name: 'mailer', from: 'beginning', tries: 1 })(Mailer.prototype, 'send', method);
  Injectable()(Mailer);
  return Mailer;
}

const patient = moduleOf(
  'patient',
  '1764300000011',
  (Patient) => ({
    email: { type: 'string', format: 'email', filterable: ['eq'], ...PERSONAL },
    name: { type: 'string', filterable: true, ...PERSONAL },
    nick: { type: 'string', unique: true, filterable: ['eq'], ...PERSONAL },
    note: { type: 'text', ...PERSONAL, default: 'x' },
    home: { type: 'string', format: 'uri', nullable: true, ...PERSONAL, erase: 'pseudonym' },
    badge: { type: 'string', format: 'uuid', nullable: true, ...PERSONAL, erase: 'pseudonym' },
    kind: { type: 'enum', words: ['plain', 'canaryword'], ...MAY_GO },
    well: { type: 'boolean', ...MAY_GO },
    age: { type: 'integer', ...MAY_GO },
    card: { type: 'bigint', ...MAY_GO },
    debt: { type: 'decimal', precision: 12, scale: 2, ...MAY_GO },
    rate: { type: 'number', ...MAY_GO },
    born: { type: 'date', ...MAY_GO },
    seen: { type: 'timestamp', ...MAY_GO },
    file: { type: 'json', ...MAY_GO },
    tags: { type: 'list', items: { type: 'string' }, ...MAY_GO },
    pin: { type: 'string', readable: false, ...MAY_GO },
    kin_id: { type: 'reference', to: () => Patient, ...MAY_GO },
    ward: { type: 'string', filterable: ['eq'], default: 'one', ...WRITABLE },
    title: { type: 'string', derived: { from: ['name'], value: ({ name }) => `Dear ${name.trim()}` } },
  }),
  'email',
  ['email', 'name', 'ward'],
  ['nick'],
  [poisoned],
);
const person = moduleOf('person', '1764300000012', () => ({ name: { type: 'string', ...PERSONAL } }), 'id');
const visit = moduleOf(
  'visit',
  '1764300000013',
  () => ({
    person_id: { type: 'reference', to: () => person.Row, filterable: ['eq'], ...WRITABLE },
    reason: { type: 'text', ...MAY_GO },
  }),
  'person_id',
  ['person_id'],
);
/** Its rows can't do without their values. */
const probe = moduleOf(
  'probe',
  '1764300000014',
  () => ({
    owner: { type: 'string', filterable: ['eq'], ...WRITABLE },
    level: { type: 'integer', filterable: true, erase: 'row', ...PERSONAL },
    place: { type: 'string', ...WRITABLE },
    same: { type: 'integer', derived: { from: ['level'], value: ({ level }) => level } },
    words: { type: 'string', derived: { from: ['level'], value: ({ level }) => level.toFixed(1) } },
  }),
  'owner',
  ['owner', 'level'],
);

export const modules = [patient, person, visit, probe].map(({ Module }) => Module);
