import { Global, Logger, Module, type DynamicModule, type OnApplicationBootstrap } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessControl } from './access-control.js';
import { Authenticator } from './authenticator.js';
import { ApiKeyController } from './keys/api-key.controller.js';
import { ApiKeyEntity } from './keys/api-key.entity.js';
import { ApiKeyRepository } from './keys/api-key.repository.js';
import { ApiKeyService } from './keys/api-key.service.js';
import { KeyVerifier } from './keys/key-verifier.js';
import { RateLimitEntity } from './limits/rate-limit.entity.js';
import { RateLimitRepository } from './limits/rate-limit.repository.js';
import { RateLimits } from './limits/rate-limits.js';
import { Pages } from './pages.js';
import { ProblemListener } from '../problems/problem-listener.js';
import { SecurityLog } from './security-log.js';
import { checkReplacements } from './replaceable.js';
import type { ClassReplacement } from '../crud/plinth-module.js';
import { SharedCounts } from './limits/shared-counts.js';
import { StorageLimits } from './limits/storage-limits.js';
import { StorageBudget } from '../rows/storage-budget.js';
import { TokenVerifier } from './tokens/token-verifier.js';

/** Access: keys, tokens, scopes, limits. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity, RateLimitEntity])],
  controllers: [ApiKeyController],
  providers: [
    AccessControl,
    Authenticator,
    KeyVerifier,
    TokenVerifier,
    ApiKeyRepository,
    ApiKeyService,
    Pages,
    RateLimits,
    RateLimitRepository,
    SecurityLog,
    { provide: ProblemListener, useExisting: SecurityLog },
    SharedCounts,
    StorageLimits,
    { provide: StorageBudget, useExisting: StorageLimits },
  ],
  exports: [ApiKeyRepository, ProblemListener, SecurityLog, StorageBudget, StorageLimits],
})
export class AccessModule implements OnApplicationBootstrap {
  /** @param replacements of modules. @throws TypeError for a class that can't be replaced, or is twice */
  static with(replacements: readonly ClassReplacement[]): DynamicModule {
    checkReplacements(replacements);
    // Nest keeps one provider of a token: what a module is made with stands in place of what its decorator has.
    return { module: AccessModule, providers: [...replacements] };
  }

  constructor(private readonly authenticator: Authenticator) {}

  onApplicationBootstrap(): void {
    if (!this.authenticator.isOpen) return;
    const what = 'everybody on this machine may do everything, and nobody else can reach the service';
    new Logger(AccessModule.name).warn(`No authentication is configured (AUTH=off): ${what}`);
  }
}
