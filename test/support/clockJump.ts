/** Preloaded into a process (NODE_OPTIONS), it lets its wall clock jump: it is ahead by the hours in the file CLOCK_FILE, read at the start and at each SIGUSR2. */
import { existsSync, readFileSync } from 'node:fs';

const file = process.env['CLOCK_FILE'];
const RealDate = Date;
let ahead = 0;

if (file !== undefined) {
  const look = () => {
    ahead = existsSync(file) ? Number(readFileSync(file, 'utf8')) * 3_600_000 : 0;
  };
  look();
  process.on('SIGUSR2', look);
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
