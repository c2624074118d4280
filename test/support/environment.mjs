import { TestEnvironment } from 'jest-environment-node';

/** Shows with the error of a test the problem that the service answered last: mostly it says why the test has failed. */
export default class extends TestEnvironment {
  handleTestEvent({ name, test, error }) {
    if (name === 'test_start' || name === 'run_describe_start') this.global.lastAnswer = undefined;
    if (name === 'test_done') for (const failure of test.errors) this.#explain([failure].flat()[0]);
    // In a hook nobody is asked again.
    if (name === 'hook_failure') this.#explain(error);
  }

  #explain(error) {
    const { status = 0, text } = this.global.lastAnswer ?? {};
    if (status < 400 || typeof error?.message !== 'string') return;
    const { message, stack = '' } = error;
    error.message = `${message}\n\nThe last answer was ${status}: ${text}`;
    error.stack = stack.replace(message, () => error.message);
  }
}
