// The calls of Escrow that anybody can make.
import type { Address } from '#core/hex.ts';
import { ZERO_ADDRESS } from '#core/hex.ts';
import type { EscrowEvent } from '#core/protocol/events.ts';
import { purseOf, toModelId } from '#core/protocol/ids.ts';
import { BURN } from '#core/protocol/postings.ts';
import type { World } from '../world.ts';
import { refuse } from '../world.ts';

export function deposit(w: World, sender: Address, account: Address, amount: bigint): EscrowEvent[] {
  if (account === ZERO_ADDRESS) refuse('Escrow_ZeroAddress');
  if (w.tokensOf(sender) < amount) refuse('ERC20InsufficientBalance');
  w.pay(sender, w.facts.escrow, amount);
  return [w.commit({ type: 'Deposited', account, amount })];
}

export function withdraw(w: World, sender: Address, amount: bigint, to: Address): EscrowEvent[] {
  if (to === ZERO_ADDRESS) refuse('Escrow_ZeroAddress');
  if (w.ledger.accountOf(sender).available < amount) refuse('Escrow_Overdraw');
  if (to === w.facts.escrow && amount > 0n) refuse('Escrow_Arrived');
  w.pay(w.facts.escrow, to, amount);
  return [w.commit({ type: 'Withdrawn', account: sender, to, amount })];
}

export function stake(w: World, sender: Address, amount: bigint): EscrowEvent[] {
  if (w.ledger.accountOf(sender).available < amount) refuse('Escrow_Overdraw');
  return [w.commit({ type: 'Staked', account: sender, amount })];
}

export function unstake(w: World, sender: Address, amount: bigint): EscrowEvent[] {
  if (w.ledger.accountOf(sender).stake < amount) refuse('Escrow_Overdraw');
  const readyAt = w.now + w.facts.unbondingDelay;
  return [w.commit({ type: 'Unstaked', account: sender, amount, readyAt })];
}

export function restake(w: World, sender: Address, amount: bigint): EscrowEvent[] {
  if (w.ledger.accountOf(sender).unbonding < amount) refuse('Escrow_Overdraw');
  return [w.commit({ type: 'Restaked', account: sender, amount })];
}

export function release(w: World, sender: Address): EscrowEvent[] {
  if (w.now < (w.readyAt.get(sender) ?? 0)) refuse('Escrow_StillUnbonding');
  return [w.commit({ type: 'Released', account: sender, amount: w.ledger.accountOf(sender).unbonding })];
}

export function claimRoyalty(w: World, model: number): EscrowEvent[] {
  if (model !== 1) refuse('Models_Unknown');
  const { available } = w.ledger.accountOf(purseOf(toModelId(model)));
  return [w.commit({ type: 'RoyaltyClaimed', model: toModelId(model), owner: w.facts.modelOwner, amount: available })];
}

/** A model named twice, or one that nobody made, gives nothing. */
export function sweepProtocol(w: World, models: readonly number[]): EscrowEvent[] {
  return models.map((model) => {
    const { stake: share } = w.ledger.accountOf(purseOf(toModelId(model)));
    const { treasury } = w.facts;
    return w.commit({ type: 'ProtocolSwept', model: toModelId(model), treasury, amount: share });
  });
}

export function flushBurn(w: World): EscrowEvent[] {
  const { available: amount } = w.ledger.accountOf(BURN);
  w.pay(w.facts.escrow, BURN, amount);
  return [w.commit({ type: 'BurnFlushed', amount })];
}
