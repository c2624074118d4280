import type { Service } from './service.js';

/** Waits until the service serves, longer than usual: it shares the machine with a whole run and the compiler. */
export async function ready(service: Service): Promise<void> {
  const once = () => service.until('/health/ready');
  await once().catch(once).catch(once);
}
