// Sets the clock of a process off, as `node --import ./test/support/clock.mjs` with CLOCK_OFF_MS; timers go on as they should.
const offMs = Number(process.env.CLOCK_OFF_MS);
const Real = Date;

globalThis.Date = class extends Real {
  constructor(...given) {
    super(...(given.length === 0 ? [Real.now() + offMs] : given));
  }

  static now() {
    return Real.now() + offMs;
  }
};
