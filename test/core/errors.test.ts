import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { ErrorEntry } from '#core/errors/entry.ts';
import { errorTable, ProtocolError } from '#core/errors.ts';
import { errorsDoc } from '../../scripts/generate/errorsDoc.ts';

const entries: [string, ErrorEntry][] = Object.entries(errorTable);
const ofContracts = entries.filter(([code]) => code.includes('_') && !code.includes('.'));

/** Where what a caller can meet is declared: the interfaces, the steps, and the one library that checks openings. */
const DECLARING = ['contracts/**/I[A-Z]*.sol', 'contracts/steps/*.sol', 'contracts/lib/MerkleTree.sol'];

/** Every `error` declared there, with the names of its arguments. */
function declaredErrors(): Map<string, string[]> {
  const declared = new Map<string, string[]>();
  for (const file of globSync(DECLARING))
    for (const [, name = '', args = ''] of readFileSync(file, 'utf8').matchAll(/^\s*error (\w+)\(([^)]*)\);/gm))
      declared.set(
        name,
        args
          .split(',')
          .filter((arg) => arg.trim() !== '')
          .map((arg) => arg.trim().split(/\s+/).at(-1) ?? ''),
      );
  return declared;
}

describe('errors', () => {
  it('should have an entry for every error of the contracts and no other', () => {
    const declared = declaredErrors();
    expect(declared.size).to.be.greaterThan(50);
    expect(ofContracts.map(([code]) => code)).to.have.members([...declared.keys()]);
  });

  it('should name the arguments of contract errors as the contracts do', () => {
    const declared = declaredErrors();
    for (const [code, { args }] of ofContracts) expect(args, code).to.deep.equal(declared.get(code));
  });

  it('should mention only evidence that a contract error carries', () => {
    for (const [code, { args = [], what, remedy }] of ofContracts)
      for (const [, field] of `${what} ${remedy}`.matchAll(/\{(\w+)\}/g)) expect(args, code).to.include(field);
  });

  it('should say what happened and what to do in sentences', () => {
    for (const [code, { what, remedy }] of entries) {
      expect(what, code).to.match(/\.$/);
      expect(remedy, code).to.match(/^[A-Z0-9].*\.$/);
    }
  });

  it('should put the evidence into the message', () => {
    const error = new ProtocolError('Escrow_Overdraw', { account: '0xabc', asked: 5n, available: 3n });
    expect(error.message).to.equal(
      'Escrow_Overdraw: 0xabc asks for 5 wei and has 3 wei free for it. ' +
        'Deposit more OPG (or stake more, if this was a slice), or ask for less.',
    );
    expect(error.retryable).to.equal(false);
  });

  it('should be what docs/errors.md says', () => {
    expect(readFileSync('docs/errors.md', 'utf8')).to.equal(errorsDoc());
  });
});
