import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { eventFrom, eventTables } from '#core/protocol/events.ts';
import { packTerms } from '#core/protocol/terms.ts';
import { rejects } from '../../support/rejects.ts';
import { id, requested, terms } from '../../support/story.ts';

const interfaces = {
  Escrow: 'contracts/escrow/IEscrow.sol',
  ModelRegistry: 'contracts/models/IModelRegistry.sol',
  NodeRegistry: 'contracts/nodes/INodeRegistry.sol',
  InferenceRequests: 'contracts/requests/IRequestEvents.sol',
  ChallengeGame: 'contracts/challenges/IChallengeGame.sol',
} as const;

function declaredEvents(file: string): Record<string, string[]> {
  const found = readFileSync(file, 'utf8').matchAll(/^\s*event (\w+)\(([^)]*)\);/gm);
  return Object.fromEntries(
    [...found].map(([, name = '', args = '']) => [
      name,
      args
        .split(',')
        .filter((arg) => arg.trim() !== '')
        .map((arg) => arg.trim().split(/\s+/).at(-1) ?? ''),
    ]),
  );
}

describe('protocol events', () => {
  for (const [contract, file] of Object.entries(interfaces))
    it(`should be those of ${contract}, field by field`, () => {
      const ours = Object.entries(eventTables[contract as keyof typeof interfaces]).map(([name, fields]) => [
        name,
        Object.keys(fields),
      ]);
      expect(Object.fromEntries(ours)).to.deep.equal(declaredEvents(file));
    });

  it('should decode the arguments of a log, whatever the case of its addresses', () => {
    const { requester, node, nonce, input } = requested();
    const upper = (text: string) => text.toUpperCase().replace('0X', '0x');
    const args = { id: upper(id), requester: upper(requester), node, terms: packTerms(terms), nonce, input };
    expect(eventFrom('Requested', args)).to.deep.equal(requested());
  });

  it('should keep a name that is also an argument', () => {
    const args = { model: 7n, owner: terms.node, namespace: 'acme', name: 'digits' };
    expect(eventFrom('ModelCreated', args)).to.deep.equal({ type: 'ModelCreated', ...args, model: 7 });
  });

  it('should pass over events of others and refuse arguments out of range', () => {
    expect(eventFrom('Approval', {})).to.equal(undefined);
    expect(eventFrom('toString', {})).to.equal(undefined);
    rejects('number.range', () => eventFrom('Paused', { until: 2n ** 60n }));
  });
});
