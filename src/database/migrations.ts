import { CreateIdempotencyKey1764000000001 } from './migrations/1764000000001-create-idempotency-key.js';
import { CreateChangeLog1764000000002 } from './migrations/1764000000002-create-change-log.js';
import { CreateAccess1764000000003 } from './migrations/1764000000003-create-access.js';
import { CreateBackground1764300000001 } from './migrations/1764300000001-create-background.js';

/** Those of the kernel's own tables; a module's are in its folder. One set for every engine. */
export const kernelMigrations = [
  CreateIdempotencyKey1764000000001,
  CreateChangeLog1764000000002,
  CreateAccess1764000000003,
  CreateBackground1764300000001,
];
