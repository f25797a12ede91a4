/** Faults that `npm test` leaves out and `npm run faults` runs: they take long, or are sensitive to what else the machine does. */
export const alone: ReadonlySet<string> = new Set([]);
