import type { ErrorEntry } from './entry.ts';

/** Custom errors of the contracts, by their own names. */
export const escrowErrors = {
  Escrow_Overdraw: {
    args: ['account', 'asked', 'available'],
    what: '{account} asks for {asked} wei and has {available} wei free for it.',
    remedy: 'Deposit more OPG (or stake more, if this was a slice), or ask for less.',
    retryable: false,
  },
  Escrow_LaneBusy: {
    args: ['payer', 'lane'],
    what: 'Lane {lane} of {payer} still holds another request.',
    remedy: 'Use a free lane (lockOf is 0 or 1), or wait until the request in this one is over.',
    retryable: true,
  },
  Escrow_NoSuchLock: {
    args: ['key'],
    what: 'No lock with key {key} is in the state described.',
    remedy: "Read the request's events again: it has moved on, or is over.",
    retryable: false,
  },
  Escrow_PartsDoNotSum: {
    args: ['parts', 'locked'],
    what: 'The parts of a closing sum to {parts} wei, the lock holds {locked} wei.',
    remedy: 'This is a bug in the capability that closes; nothing was moved. Report it.',
    retryable: false,
  },
  Escrow_TooManyItems: {
    args: ['items'],
    what: 'One call names {items} locks; it answers in the bits of one word, so 256 is the most.',
    remedy: 'Send several calls of at most 256 items.',
    retryable: false,
  },
  Escrow_NotCapability: {
    args: ['caller'],
    what: '{caller} is not a contract that may move locks.',
    remedy: 'Call InferenceRequests instead of Escrow.',
    retryable: false,
  },
  Escrow_NoConsent: {
    args: ['account', 'capability'],
    what: '{account} has not allowed the capability {capability} to use its balance.',
    remedy: 'Call setConsent from that account first, or use the requests contract.',
    retryable: false,
  },
  Escrow_Arrived: {
    args: ['asked', 'got'],
    what: 'The token delivered {got} wei instead of {asked} wei.',
    remedy: 'Use a plain ERC-20: no fee on transfer, no rebasing.',
    retryable: false,
  },
  Escrow_StillUnbonding: {
    args: ['readyAt'],
    what: 'The stake is unbonding until {readyAt} (Unix seconds).',
    remedy: 'Release it after that time, or restake it now.',
    retryable: true,
  },
  Escrow_AmountTooLarge: {
    args: ['amount'],
    what: '{amount} wei does not fit 96 bits.',
    remedy: 'Use an amount below 2^96 wei.',
    retryable: false,
  },
  Escrow_ZeroAddress: {
    args: [],
    what: 'An address is zero.',
    remedy: 'Name the account that is meant.',
    retryable: false,
  },
  Escrow_CapabilityRefused: {
    args: ['capability'],
    what: '{capability} is a capability already, or there are 256 of them.',
    remedy: 'Append each contract once.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
