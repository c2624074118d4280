import { engines } from './support/database.js';
import { startApp, type TestApp } from './support/app.js';
import { WidgetModule } from './support/widget/widget.module.js';

describe.each(engines())('on %s', (engine) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startApp(engine, { modules: [WidgetModule] });
  });
  afterAll(() => test.close());

  it('reads what it wrote', async () => {
    const response = await fetch(`${test.origin}/api/widget`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"code":"a"}' });
    console.log(response.status, await response.text());
    const list = await fetch(`${test.origin}/api/widget?sort=-weight,code&count=true&filter=code eq 'a'`);
    console.log(list.status, await list.text());
  });
});
