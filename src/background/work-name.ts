const NAME = /^[a-z][a-z0-9-]{0,29}$/;

/** The name of a consumer or a job: in the change log, in metrics and in the URLs of operators. @throws TypeError naming the handler */
export function checkName(name: unknown, handler: string): asserts name is string {
  if (typeof name === 'string' && NAME.test(name)) return;
  throw new TypeError(
    `${handler} needs a name of small letters, digits and hyphens, 30 at most, and not ${JSON.stringify(name)}.`,
  );
}
