import { CreateResource1764000000000 } from './migrations/1764000000000-create-resource.js';
import { CreateIdempotencyKey1764000000001 } from './migrations/1764000000001-create-idempotency-key.js';
import { CreateChangeLog1764000000002 } from './migrations/1764000000002-create-change-log.js';
import { CreateAccess1764000000003 } from './migrations/1764000000003-create-access.js';
import { ResourceWithoutRowid1764000000004 } from './migrations/1764000000004-resource-without-rowid.js';
import { IndexSystemTimes1764000000010 } from './migrations/1764000000010-index-system-times.js';

/** In the order they run; one set for every engine. */
export const migrations = [
  CreateResource1764000000000,
  CreateIdempotencyKey1764000000001,
  CreateChangeLog1764000000002,
  CreateAccess1764000000003,
  ResourceWithoutRowid1764000000004,
  IndexSystemTimes1764000000010,
];
