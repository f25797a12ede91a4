import { expect } from 'chai';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { JsonRpc } from '../../../workers/adapters/ethers/jsonRpc.ts';
import { EthersSender } from '../../../workers/adapters/ethers/sender.ts';

/** What a sender makes of a node's refusal of a transaction. */
async function meaning(reason: string): Promise<string> {
  const refused = new ProtocolError('rpc.refused', { url: 'u', method: 'eth_sendRawTransaction', reason });
  const each = async () => [{ status: 'rejected', reason: refused }];
  const sender = new EthersSender({ url: 'u', each } as unknown as JsonRpc);
  return await sender.broadcast('0x').catch((error) => (isProtocolError(error) ? error.code : 'other'));
}

describe('what chain nodes say about a transaction they do not take', () => {
  for (const [said, means] of [
    ['already known', 'known'],
    ['AlreadyKnown', 'known'],
    ['OldNonce, Current nonce: 5, nonce of rejected tx: 3', 'nonce_too_low'],
    ['replacement transaction underpriced', 'underpriced'],
    ['ReplacementNotAllowed', 'underpriced'],
    ['FeeTooLow, EffectivePriorityFeePerGas too low', 'underpriced'],
    ['txpool is full', 'rpc.unavailable'],
    ['oversized data: transaction size 163900, limit 131072', 'rpc.refused'],
    ['tx fee (1.20 ether) exceeds the configured cap (1.00 ether)', 'rpc.refused'],
    ['exceeds block gas limit', 'rpc.refused'],
  ] as const)
    it(`"${said}" is ${means}`, async () => {
      expect(await meaning(said)).to.equal(means);
    });
});
