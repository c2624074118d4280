import { randomUUID } from 'node:crypto';

/** A row without an id gets one: the table has no default for it. `save` is what its routes call to create and update. */
export default async function ids(app) {
  app.platformatic.addEntityHooks('resource', {
    save: (save, options) => save({ ...options, input: { ...options.input, id: options.input.id ?? randomUUID() } }),
  });
}
