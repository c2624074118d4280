/** An answer that can't be taken; its message says what to say in its place. */
export class Refusal extends Error {}
