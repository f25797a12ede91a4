import { assert } from 'chai';

/** Two floats within a tolerance. Hardhat replaces chai's closeTo with one that takes whole numbers only. */
export function assertNear(got: unknown, want: number, within: number): void {
  assert(typeof got === 'number', `expected a number, got ${typeof got}`);
  assert(Math.abs(got - want) <= within, `expected ${got} to be within ${within} of ${want}`);
}
