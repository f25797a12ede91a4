import type { Scenario } from './scenario.ts';

const HOLDS =
  'no fee is above the cap, each replacement a tenth higher, every nonce used once, each effect had once or given up by name';
const row = (name: string, fault: string, injection: string, holds = HOLDS): Scenario => ({
  name,
  fault,
  injection,
  holds,
  test: 'test/faults/fees.test.ts',
  full: { FEE_BLOCKS: '1500' },
});

/** What the price of gas does to transactions on their way. */
export const fees: readonly Scenario[] = [
  row(
    'fees-storm',
    'the base fee jumps about while transactions with and without deadlines are sent, dropped and turned back',
    'base fees, drops and reorganisations drawn by seed for every block of a real chain',
  ),
  row(
    'fees-spike',
    'the base fee rises above the cap',
    'a real chain whose base fee is set',
    'nothing new is signed, so nothing blocks a nonce; what is needed is sent when gas is cheaper',
  ),
  row(
    'fees-first-in-line',
    'the first of five transactions offers too little',
    'a real chain whose base fee rises after they were sent',
    'only the first is raised, and all are mined in order',
  ),
  row(
    'fees-urgent',
    'a deadline comes near',
    'two keys send the same at the same fee, one with a deadline, one behind another without one',
    'the urgent one is raised at every block and faster, and what stands before it with it, up to the cap',
  ),
  row(
    'fees-late',
    'a deadline passes while the fee is too low',
    'a real chain whose base fee rises above the cap until after the deadline',
    'its nonce is used up by an empty transfer, and it has no effect',
  ),
  row(
    'fees-missing-nonce',
    'an only provider counted transactions that were never sent',
    'a proxy adds three to the count',
    'the missing nonces are used up by empty transfers, and everything behind them is mined',
  ),
  row(
    'fees-worthless',
    'gas costs more than a result brings',
    'a real chain whose base fee is set, and a price of the coin in the configuration',
    'it waits without a nonce until gas is cheaper, or is given up at its deadline; others go on',
  ),
  {
    name: 'key-used-elsewhere',
    fault: 'somebody else uses the key, and takes the nonce of a transaction on its way',
    injection: 'a transfer with that nonce is mined instead',
    holds: 'it is sent with another nonce, once it is sure that none of its attempts was mined',
    test: 'test/workers/submitter/dispatcher.test.ts',
  },
  {
    name: 'key-without-coin',
    fault: 'the key cannot pay for gas',
    injection: 'its balance is taken, and given back',
    holds: 'everything waits, and follows by itself',
    test: 'test/workers/submitter/dispatcher.test.ts',
  },
];
