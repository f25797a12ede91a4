import { Interface } from 'ethers';
import { ZERO_ADDRESS } from '#core/hex.ts';
import { StateNumbers } from '#core/protocol/states.ts';
import { type PackedTerms, packTerms, type Terms } from '#core/protocol/terms.ts';
import type { ExpireCall, FinaliseCall, ItemStatus, RequestCalls, SubmitCall } from '#ports/calls.ts';
import type { Hex } from '#ports/chain.ts';
import { IInferenceRequests__factory } from '#types';

// Not createInterface(): the overloads of its type do not take a method chosen at run time.
const contract = new Interface(IInferenceRequests__factory.abi);

const STATUSES: readonly ItemStatus[] = ['DONE', 'GONE', 'EARLY', 'LATE', 'GAS', 'BADOUTPUT', 'NOSTAKE', 'DENIED'];

const encode = (method: string, values: readonly unknown[]) => contract.encodeFunctionData(method, values) as Hex;

export function requestCalls(to: Hex): RequestCalls {
  return {
    to,
    accept: (terms, nonce, node, declined) => encode('accept', [packTerms(terms), nonce, node, declined]),
    submit,
    finalise,
    expire,
    rescue: (terms, submission) => encode('rescue', [packTerms(terms), submission]),
    statuses(data, returned) {
      const method = contract.getFunction(data.slice(0, 10));
      if (!method?.outputs.some((output) => output.name === 'statuses')) return undefined;
      const [statuses] = contract.decodeFunctionResult(method, returned);
      return [...(statuses as Iterable<bigint>)].map((status) => STATUSES[Number(status)] ?? 'GONE');
    },
  };
}

function submit(calls: readonly SubmitCall[]): Hex {
  const [first] = calls;
  if (!first) throw new Error('There is nothing to submit.');
  const node = (call: SubmitCall) => call.acceptedBy ?? ZERO_ADDRESS;
  const { terms, nonce, outputHeaders, output } = first;
  if (calls.length === 1) return encode('submit', [packTerms(terms), nonce, node(first), outputHeaders, output]);
  if (alike(calls, (call) => [sharedTerms(call.terms), node(call), call.outputHeaders])) {
    const items = calls.map((call) => ({ ...itemOf(call), output: call.output }));
    return encode('submitBatch', [packTerms(terms), node(first), outputHeaders, items]);
  }
  const mixture = calls.map((call) => ({ ...call, terms: packTerms(call.terms), acceptedBy: node(call) }));
  return encode('submitEach', [mixture]);
}

function finalise(calls: readonly FinaliseCall[], takeTip: boolean): Hex {
  const [first] = calls;
  if (!first) throw new Error('There is nothing to finalise.');
  const { terms, submission, outputHeaders, output } = first;
  if (calls.length === 1) return encode('finalise', [packTerms(terms), submission, takeTip, outputHeaders, output]);
  const quiet = calls.every((call) => call.terms.callbackGas === 0);
  if (quiet && alike(calls, (call) => [sharedTerms(call.terms), call.submission.node])) {
    const items = calls.map(({ terms: own, submission: { nonce, outputHash, challengeEnd, end } }) => ({
      ...itemOf({ terms: own, nonce }),
      outputHash,
      challengeEnd,
      end,
    }));
    return encode('finaliseBatch', [packTerms(terms), submission.node, takeTip, items]);
  }
  return encode('finaliseEach', [calls.map((call) => ({ ...call, terms: packTerms(call.terms) })), takeTip]);
}

function expire(calls: readonly ExpireCall[]): Hex {
  const [first] = calls;
  if (!first) throw new Error('There is nothing to expire.');
  const node = (call: ExpireCall) => call.acceptedBy ?? ZERO_ADDRESS;
  const { terms, nonce, state } = first;
  if (calls.length === 1) return encode('expire', [packTerms(terms), nonce, StateNumbers[state], node(first)]);
  if (alike(calls, (call) => [sharedTerms(call.terms), node(call)])) {
    const items = calls.map((call) => ({ ...itemOf(call), declined: call.state === 'Declined' }));
    return encode('expireBatch', [packTerms(terms), node(first), items]);
  }
  const mixture = calls.map((call) => ({
    terms: packTerms(call.terms),
    nonce: call.nonce,
    state: StateNumbers[call.state],
    acceptedBy: node(call),
  }));
  return encode('expireEach', [mixture]);
}

/** What a batch says per item; everything else in the terms is shared. */
function itemOf({ terms, nonce }: { readonly terms: Terms; readonly nonce: bigint }) {
  return { nonce, lane: terms.lane, input: terms.input };
}

const sharedTerms = (terms: Terms): PackedTerms => packTerms({ ...terms, input: terms.version, lane: 0 });

function alike<T>(calls: readonly T[], keyOf: (call: T) => unknown): boolean {
  const keys = new Set(
    calls.map((call) => JSON.stringify(keyOf(call), (_, v) => (typeof v === 'bigint' ? `${v}` : v))),
  );
  return keys.size === 1;
}
