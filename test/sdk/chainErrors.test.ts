import { expect } from 'chai';
import { makeError } from 'ethers';
import { IEscrow__factory, OPG__factory } from '#types';
import { toProtocolError } from '../../sdk/index.ts';
import { rejects } from '../support/rejects.ts';

const me = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const overdraw = IEscrow__factory.createInterface().encodeErrorResult('Escrow_Overdraw', [me, 5n, 3n]);
const named = (error: unknown) => () => {
  throw toProtocolError(error, me);
};
const withCode = (message: string, code: unknown) => Object.assign(new Error(message), { code });

describe('errors of a provider', () => {
  for (const [where, error] of [
    ['beside the error', { data: overdraw }],
    ['in what ethers wraps', { info: { error: { data: overdraw } } }],
    ['in what a node nests', { error: { data: { data: overdraw } } }],
    ['in its cause', new Error('failed', { cause: { data: overdraw } })],
  ] as const)
    it(`should find the contract's own error ${where}`, () => {
      const { payload } = rejects('Escrow_Overdraw', named(error));
      expect({ ...payload, account: String(payload.account).toLowerCase() }).to.deep.equal({
        account: me,
        asked: 5n,
        available: 3n,
      });
    });

  it("should name the token's errors and others it cannot know", () => {
    const data = OPG__factory.createInterface().encodeErrorResult('ERC20InsufficientBalance', [me, 1n, 2n]);
    expect(rejects('chain.reverted', named({ data })).payload.reason).to.match(
      /^ERC20InsufficientBalance\(.*, 1, 2\)$/,
    );
    expect(rejects('chain.reverted', named({ data: '0xdeadbeef' })).payload.reason).to.match(/0xdeadbeef/);
    rejects('chain.reverted', named(makeError('missing revert data', 'CALL_EXCEPTION', EMPTY_CALL)));
  });

  it('should tell an empty purse from a dead endpoint', () => {
    const poor = rejects('chain.gas_unfunded', named(withCode('insufficient funds for gas * price + value', -32000)));
    expect([poor.payload.account, poor.retryable]).to.deep.equal([me, false]);
    for (const error of [
      withCode('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'),
      withCode('too many requests', -32005),
      makeError('request timeout', 'TIMEOUT', { operation: 'request', reason: 'timeout' }),
    ])
      expect(rejects('chain.unavailable', named(error)).retryable).to.equal(true);
  });

  it('should not take a node that has no such block, or is busy, for a contract that refuses', () => {
    // How ethers reports any error object that answers an eth_call.
    const call = (code: number, message: string) =>
      makeError('missing revert data', 'CALL_EXCEPTION', { ...EMPTY_CALL, info: { error: { code, message } } });
    for (const [code, message] of [
      [-32000, 'header not found'],
      [-32005, 'limit exceeded'],
      [-32603, 'Internal error'],
    ] as const)
      expect(rejects('chain.unavailable', named(call(code, message))).payload.reason).to.equal(message);
    for (const [code, message] of [
      [3, 'execution reverted'],
      [-32000, 'out of gas'],
    ] as const)
      rejects('chain.reverted', named(call(code, message)));
  });

  it('should leave mistakes of a program as they are', () => {
    for (const error of [
      new TypeError('x is not a function'),
      makeError('bad address', 'INVALID_ARGUMENT', BAD_ARGUMENT),
      'text',
    ])
      expect(toProtocolError(error)).to.equal(error);
  });
});

const EMPTY_CALL = {
  action: 'call',
  data: null,
  reason: null,
  transaction: { to: me, data: '0x' },
  invocation: null,
  revert: null,
} as const;
const BAD_ARGUMENT = { argument: 'to', value: 1 };
