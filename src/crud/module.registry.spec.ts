import type { DiscoveryService } from '@nestjs/core';
import { CrudService } from './crud.service.js';
import { ModuleRegistry } from './module.registry.js';

class LoanService extends CrudService<never> {}
class LendingService extends CrudService<never> {}

function service(type: typeof LoanService, name: string): object {
  return Object.create(type.prototype, { model: { value: { name } } }) as object;
}

function registryOf(...instances: object[]): ModuleRegistry {
  const discovery = { getProviders: () => instances.map((instance) => ({ instance })), getControllers: () => [] };
  const registry = new ModuleRegistry(discovery as unknown as DiscoveryService);
  registry.onModuleInit();
  return registry;
}

describe('the registry of modules', () => {
  it('refuses two of one name, and says whose it is', () => {
    const loans = service(LoanService, 'loan');
    expect(() => registryOf(loans, service(LendingService, 'loan'))).toThrow(/LendingService .*'loan': LoanService/);
    expect(() => registryOf(loans, service(LoanService, 'loan'))).toThrow(/'loan'/);
    for (const name of ['api-key', 'background', 'changes', 'metrics'])
      expect(() => registryOf(service(LoanService, name))).toThrow(name);
  });

  it('takes one that has two tokens, and others beside it', () => {
    const loans = service(LoanService, 'loan');
    expect(registryOf(loans, loans, service(LendingService, 'lending')).all()).toHaveLength(2);
  });
});
