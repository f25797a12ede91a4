import { expect } from 'chai';
import { toAddress } from '#core/hex.ts';
import type { Hex } from '#ports/chain.ts';
import { IInferenceRequests__factory } from '#types';
import { contractViews } from '../../../workers/adapters/ethers/views.ts';
import { rejectsLater } from '../../support/rejects.ts';

const at = (digit: number) => toAddress(`0x${String(digit).repeat(40)}`);
const contracts = { escrow: at(1), models: at(2), nodes: at(3), requests: at(4) };
const requests = IInferenceRequests__factory.createInterface();
const type = requests.getFunction('parametersOf').outputs[0];

/** What the contract says of a set, with zeros where nothing is named. */
function told(change: Readonly<Record<string, unknown>>): Hex {
  const fields = type?.components ?? [];
  const zeros = fields.map(({ name, type }) => [name, type === 'address' ? `0x${'0'.repeat(40)}` : 0]);
  return requests.encodeFunctionResult('parametersOf', [{ ...Object.fromEntries(zeros), ...change }] as never) as Hex;
}

describe('what the contracts are asked of a parameter set', () => {
  function views(...answers: Hex[]) {
    let calls = 0;
    const call = async () => answers[calls++] ?? expect.fail('one answer serves for good');
    return contractViews({ call }, contracts);
  }

  it('is asked once, for sets never change', async () => {
    const { arbiterOf, delaysOf } = views(told({ tcBase: 600, arbiter: at(5), tipDelay: 3, rescueDelay: 4 }));
    expect(await arbiterOf(2)).to.equal(at(5));
    expect(await delaysOf(2)).to.include({ tipDelay: 3, rescueDelay: 4 });
    expect(await arbiterOf(2)).to.equal(at(5));
  });

  it('is asked again of a chain node that does not have the set yet: it does not say that nobody decides', async () => {
    const { arbiterOf } = views(told({}), told({ tcBase: 600, arbiter: at(5) }));
    const { retryable } = await rejectsLater('chain.set_unknown', arbiterOf(2));
    expect(retryable).to.equal(true);
    expect(await arbiterOf(2)).to.equal(at(5));
  });
});
