const SUBJECT = Symbol('plinth:subject');

/**
 * Names whom a resource's personal data are about. On a member: its value is the subject, which a `reference` shares with
 * the row it names. On the class: each row is a subject itself, known by its id. One for each resource.
 * @throws TypeError for a second one
 */
export function Subject(): ClassDecorator & PropertyDecorator {
  return (target: object, key?: string | symbol) => {
    const type = key === undefined ? target : target.constructor;
    if (Object.hasOwn(type, SUBJECT))
      throw new TypeError(`${(type as { name: string }).name} has two subjects: say @Subject() once.`);
    Object.defineProperty(type, SUBJECT, { value: key === undefined ? 'id' : String(key) });
  };
}

/** The name of the member that says whom a row is about; undefined where the resource's rows are about nobody. */
export function subjectOf(type: abstract new () => unknown): string | undefined {
  for (let one: unknown = type; typeof one === 'function'; one = Object.getPrototypeOf(one))
    if (Object.hasOwn(one, SUBJECT)) return (one as unknown as Record<symbol, string>)[SUBJECT];
  return undefined;
}
