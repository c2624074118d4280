import { declareProblem, problemType, type ProblemType } from './problem.catalogue.js';

/** Problems of a module's own, by their codes. */
export type OwnProblems = Readonly<Record<string, ProblemType>>;

const CODE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Puts a module's own problems into the catalogue, and with it on the pages, into docs/errors.md and the reference.
 * @throws TypeError for one that can't work, or that another module has
 */
export function declareProblems(module: string, problems: OwnProblems): void {
  for (const [code, type] of Object.entries(problems)) {
    const refuse = (why: string): never => {
      throw new TypeError(`The problem "${code}" of ${module} ${why}.`);
    };
    const { status, title, explanation } = type;
    if (!CODE.test(code) || !code.startsWith(`${module}-`))
      refuse(`needs the module's name in front, in small letters with dashes: "${module}-too-heavy"`);
    if (!Number.isInteger(status) || status < 400 || status > 499) refuse('needs a status from 400 to 499');
    if (!title || !explanation) refuse('needs a title and an explanation');
    const known = problemType(code);
    if (known && known !== type) refuse('is there already');
    declareProblem(code, type);
  }
}
