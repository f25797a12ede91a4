/** Preloaded into a process (NODE_OPTIONS), it lets its wall clock jump: SIGUSR2 sets it by the hours that the file CLOCK_FILE has then. */
import { readFileSync } from 'node:fs';

const file = process.env['CLOCK_FILE'];
const RealDate = Date;
let ahead = 0;

if (file !== undefined) {
  process.on('SIGUSR2', () => {
    ahead = Number(readFileSync(file, 'utf8')) * 3_600_000;
  });
  class JumpingDate extends RealDate {
    constructor(...given: [] | [number | string | Date]) {
      if (given.length === 0) super(RealDate.now() + ahead);
      else super(given[0]);
    }
    static override now(): number {
      return RealDate.now() + ahead;
    }
  }
  globalThis.Date = JumpingDate as DateConstructor;
}
