import type { Engine } from '../../src/database/session.js';
import { modules } from '../../src/modules/index.js';
import { startService, type TestService, type TestServiceOptions } from '../../src/testing/service.js';
import { WidgetModule } from './widget/widget.module.js';

export type TestApp = TestService;

export interface TestAppOptions extends Partial<TestServiceOptions> {
  /** Adds the widget, the module of the tests that has every kind of field. */
  readonly widget?: boolean;
}

/** The whole service in this process, with modules of the test's own beside those that it has. */
export function startApp(
  engine: Engine,
  { widget = false, modules: others = [], ...options }: TestAppOptions = {},
): Promise<TestApp> {
  return startService(engine, { ...options, modules: [...modules, ...(widget ? [WidgetModule] : []), ...others] });
}
