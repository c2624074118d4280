import { TestEnvironment } from 'jest-environment-node';

interface Told {
  readonly name: string;
  readonly test: { readonly errors: readonly unknown[] };
  readonly error: unknown;
}

/**
 * Jest's environment for Node, which shows with the error of a test the problem that the service answered last: mostly it says
 * why the test has failed. (Erasable syntax only: Jest imports this file without a compiler.)
 */
class Environment extends TestEnvironment {
  handleTestEvent = (event: object): void => {
    const { name, test, error } = event as Told;
    if (name === 'test_start' || name === 'run_describe_start') this.global.lastAnswer = undefined;
    if (name === 'test_done') for (const failure of test.errors) this.explain([failure].flat()[0]);
    // In a hook nobody is asked again.
    if (name === 'hook_failure') this.explain(error);
  };

  private explain(failure: unknown): void {
    const { status = 0, text } = (this.global.lastAnswer ?? {}) as { status?: number; text?: string };
    if (status < 400 || !(failure instanceof Object) || !('message' in failure)) return;
    const error = failure as Error;
    const { message, stack = '' } = error;
    error.message = `${message}\n\nThe last answer was ${status}: ${text}`;
    error.stack = stack.replace(message, () => error.message);
  }
}

export { Environment as default };
