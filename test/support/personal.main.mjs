// The built service with a module of personal fields, whose rule and consumer throw errors that have values in them.
import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { OnChange, plinth, PlinthModule, Subject } from 'plinth';
import { declarationOf } from '../../dist/crud/plinth-module.js';
import { modules } from '../../dist/modules/index.js';
import { simpleModule } from './simple-module.ts';

const PERSONAL = { personal: true, filterable: true, sortable: true, writable: true };
const GuestModule = simpleModule(
  'guest',
  {
    email: { type: 'string', unique: true, ...PERSONAL },
    name: { type: 'string', nullable: true, ...PERSONAL },
    born: { type: 'date', nullable: true, ...PERSONAL },
    age: { type: 'integer', nullable: true, ...PERSONAL },
    papers: { type: 'json', nullable: true, personal: true, writable: true },
    room: { type: 'integer', nullable: true, filterable: true, sortable: true, writable: true },
  },
  1764000000031,
);
const { resource, migrations } = declarationOf(GuestModule);
Subject()(resource.prototype, 'email');

const [GuestService] = Reflect.getMetadata('providers', GuestModule);
GuestService.prototype.check = (_before, after) => {
  if (after?.room === 500) throw new Error(`No room for ${after.name} of ${after.papers.city}`);
};

class Mailer {
  async send({ after }) {
    throw new Error(`No mail to ${after.email}`, { cause: new TypeError(`${after.name} in ${after.papers?.city}`) });
  }
}
OnChange(resource, { name: 'mailer', from: 'beginning', tries: 1 })(
  Mailer.prototype,
  'send',
  Object.getOwnPropertyDescriptor(Mailer.prototype, 'send'),
);
Injectable()(Mailer);

class HotelModule {}
PlinthModule({ resource, migrations, imports: [GuestModule], providers: [Mailer] })(HotelModule);
await plinth({ modules: [HotelModule, ...modules] });
