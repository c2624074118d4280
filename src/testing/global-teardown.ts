import type {} from './global-setup.ts';

async function tearDown(): Promise<void> {
  await globalThis.plinthServer?.stop();
}

export { tearDown as default };
