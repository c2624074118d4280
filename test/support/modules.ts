import { declarationOf, type PlinthModuleClass } from '../../src/crud/plinth-module.js';
import type { Engine } from '../../src/database/session.js';
import { modules } from '../../src/modules/index.js';
import { nameOf } from '../../src/rows/crud.entity.js';
import { declareSuite, type SubjectOptions, type Suite } from '../../src/testing/subject.js';
import { engines } from '../../src/testing/database.js';
import { PatientModule } from './patient/patient.module.js';
import { SLOT_SAMPLES, SlotModule } from './slot/slot.module.js';
import { SpecimenModule } from './specimen/specimen.module.js';
import { WidgetModule } from './widget/widget.module.js';

/** The modules of the tests: with fields of every habit, of every type, personal ones, and one that goes without some things. */
export const OWN = [WidgetModule, SpecimenModule, SlotModule, PatientModule];

const moduleName = (module: PlinthModuleClass): string => nameOf(declarationOf(module).resource);

/** The modules that the application needs beside its own to have this one. */
export const besides = (module: string) => OWN.filter((one) => moduleName(one) === module);

/** Every module of the service, and the tests' own. A team's module is tested by existing. */
export const MODULES = [...modules, ...OWN].map(moduleName);

/** Nothing is sent, read or committed together. */
const PLAIN = { DATABASE_PIPELINE: 'off', DATABASE_COALESCE_READS: 'off', DATABASE_GROUP_WRITES: 'off' };

const USUAL = MODULES.map((module): SubjectOptions => ({
  module,
  modules: [...modules, ...besides(module)],
  ...(module === 'slot' && { samples: SLOT_SAMPLES }),
}));

/** As `forEveryModule`, and for the widget once more with every trick off. */
export function forEveryModuleAndPlain(name: string, suite: Suite): void {
  const plain = { module: 'widget', modules: [WidgetModule], how: ', statement by statement', env: PLAIN };
  forEveryModule(name, suite, [...USUAL, plain]);
}

/** Declares a suite for every engine and every module. */
export function forEveryModule(name: string, suite: Suite, subjects = USUAL, on: readonly Engine[] = engines()): void {
  declareSuite(name, suite, on, subjects);
}
