import { CreateIdempotencyKey1764000000001 } from './migrations/1764000000001-create-idempotency-key.js';
import { CreateChangeLog1764000000002 } from './migrations/1764000000002-create-change-log.js';
import { CreateAccess1764000000003 } from './migrations/1764000000003-create-access.js';
import { AddApiKeyClaims1764300000001 } from './migrations/1764300000001-add-api-key-claims.js';
import { CreateBackground1764300000002 } from './migrations/1764300000002-create-background.js';
import { CreatePrivacy1764300000003 } from './migrations/1764300000003-create-privacy.js';

/** Migrations of the kernel's own tables; a module's are in its folder. One set for every engine. */
export const kernelMigrations = [
  CreateIdempotencyKey1764000000001,
  CreateChangeLog1764000000002,
  CreateAccess1764000000003,
  AddApiKeyClaims1764300000001,
  CreateBackground1764300000002,
  CreatePrivacy1764300000003,
];
