import { Interface } from 'ethers';
import type { Demand } from '#core/challenges/follow.ts';
import { POSITION_KINDS, type Position } from '#core/challenges/position.ts';
import { ProtocolError } from '#core/errors.ts';
import { packTerms } from '#core/protocol/terms.ts';
import type { ChainReader, Hex } from '#ports/chain.ts';
import type { Claim, GameCalls, GameClocks, GameViews } from '#ports/game.ts';
import { IChallengeGame__factory, IEscrow__factory, IInferenceRequests__factory, INodeRegistry__factory } from '#types';
import { ask } from './ask.ts';
import type { Contracts } from './decodeEvents.ts';

// Not createInterface(): the overloads of its type do not take a method chosen at run time.
const game = new Interface(IChallengeGame__factory.abi);
const escrow = new Interface(IEscrow__factory.abi);
const nodes = new Interface(INodeRegistry__factory.abi);
const requests = new Interface(IInferenceRequests__factory.abi);

const claimWords = ({ terms, ...rest }: Claim) => ({ terms: packTerms(terms), ...rest });
const positionWords = (position: Position) => ({ ...position, kind: POSITION_KINDS[position.kind] });
const demandWords = (demand: Demand) => ({ ...demand, position: positionWords(demand.position) });

export function gameCalls(to: Hex): GameCalls {
  const encode = (method: string, ...values: unknown[]) => game.encodeFunctionData(method, values) as Hex;
  return {
    to,
    challenge: (claim, meaning, { children, evidence }, lane) =>
      encode('challenge', claimWords(claim), meaning, children, evidence, lane),
    demand: (claim, meaning, position, proof, lane) =>
      encode('demand', claimWords(claim), meaning, positionWords(position), proof, lane),
    answer: (key, demand, data) => encode('answer', key, demandWords(demand), data),
    prove: (claim, meaning, proof, onPath) =>
      encode('prove', claimWords(claim), meaning, proof, onPath.map(demandWords)),
    lapse: (claim, demand, onPath) => encode('lapse', claimWords(claim), demandWords(demand), onPath.map(demandWords)),
    uphold: (claim) => encode('uphold', claimWords(claim)),
    claimPot: (claim) => encode('claimPot', claimWords(claim)),
    reclaim: (key, demand) => encode('reclaim', key, demandWords(demand)),
    demandOutput: ({ terms, submission }, position, headers, lane) =>
      encode('demandOutput', packTerms(terms), submission, position, headers, lane),
    answerOutput: ({ terms, submission }, demand, proof) =>
      encode('answerOutput', packTerms(terms), submission, demand, proof),
    lapseOutput: ({ terms, submission }, demand) => encode('lapseOutput', packTerms(terms), submission, demand),
  };
}

/** Words of a lock that was never used, and of one that is free again (contracts/escrow/EscrowLocks.sol). */
const FREE = [0n, 1n];
const LANES = 65_536;
/** Lanes looked at before the account is said to have none. */
const TRIED = 64;

export function gameViews(reader: Pick<ChainReader, 'call'>, contracts: Contracts & { readonly game: Hex }): GameViews {
  const fromEscrow = (method: string, ...values: unknown[]) => ask(reader, contracts.escrow, escrow, method, ...values);
  /** Sets are appended and never edited, so one answer serves for good. */
  const clocks = new Map<number, GameClocks>();
  /** Immutable. */
  let price: bigint | undefined;
  return {
    async bondOf(meaning) {
      return BigInt((await ask(reader, contracts.game, game, 'bondOf', meaning))[0]);
    },
    async clocksOf(set) {
      const known = clocks.get(set);
      if (known) return known;
      const [parameters] = await ask(reader, contracts.requests, requests, 'parametersOf', set);
      const { windowSeconds, responseSeconds, tcBase } = parameters;
      const found = {
        windowSeconds: Number(windowSeconds),
        responseSeconds: Number(responseSeconds),
        tcBase: Number(tcBase),
      };
      clocks.set(set, found);
      return found;
    },
    async gasPrice() {
      price ??= BigInt((await ask(reader, contracts.game, game, 'gasPrice'))[0]);
      return price;
    },
    async freeBalance(account) {
      return BigInt((await fromEscrow('accountOf', account))[0]);
    },
    async freeLane(account, from) {
      for (let i = 0; i < TRIED; i++) {
        const lane = (from + i) % LANES;
        const [word] = await fromEscrow('lockOf', contracts.game, account, lane);
        if (FREE.includes(BigInt(word))) return lane;
      }
      throw new ProtocolError('Escrow_LaneBusy', { payer: account, lane: from });
    },
    async endpointOf(node) {
      const { endpoint } = await ask(reader, contracts.nodes, nodes, 'nodeOf', node);
      return String(endpoint) || undefined;
    },
    async consent(account) {
      for (let index = 0; index < 256; index++) {
        const [capability] = await fromEscrow('capabilityAt', index);
        if (String(capability).toLowerCase() !== contracts.game.toLowerCase()) continue;
        const [given] = await fromEscrow('consents', account, index);
        if (given) return undefined;
        return { to: contracts.escrow, data: escrow.encodeFunctionData('setConsent', [index, true]) as Hex };
      }
      throw new ProtocolError('Escrow_NotCapability', { caller: contracts.game });
    },
  };
}
