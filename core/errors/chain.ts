import type { ErrorEntry } from './entry.ts';

/** What a worker can hear from a chain node, or about its own key. */
export const chainErrors = {
  'rpc.unavailable': {
    what: 'The chain node {url} did not answer {method}: {reason}.',
    remedy: 'Check the URL and that the node runs; work goes on when it answers.',
    retryable: true,
  },
  'rpc.rate_limited': {
    what: 'The chain node {url} refused {method}: too many calls.',
    remedy: 'Raise the poll interval, lower the batch size, or use a node with a higher limit.',
    retryable: true,
  },
  'rpc.refused': {
    what: 'The chain node {url} refused {method}: {reason}.',
    remedy: 'The node does not support this call or its parameters; use another node.',
    retryable: false,
  },
  'rpc.disagreement': {
    what: 'The chain nodes do not say the same to {method}, and {needed} must: {answers}.',
    remedy: 'Nothing that depends on it is done until they do. Find out which one is wrong, and replace it.',
    retryable: true,
  },
  'chain.set_unknown': {
    what: 'The chain node knows no parameter set {set}, which a request names.',
    remedy: 'Nothing to do: it is behind the chain, or a reorganisation is under way, and it is asked again.',
    retryable: true,
  },
  'chain.reorg_too_deep': {
    what: 'Block {number} was final as {recorded}, but the chain node now has {found} there.',
    remedy:
      'Nothing was changed. Check that the node follows the right chain; if a final block really fell out, raise the finality depth and replay with an empty journal.',
    retryable: false,
  },
  'chain.log_malformed': {
    what: 'Log {index} of block {block} from {address} is not the event its topic names: {reason}.',
    remedy: 'The address is not the contract this release was built for: check the deployment file.',
    retryable: false,
  },
  'chain.nonce_gap': {
    what: 'The chain node does not take nonce {nonce} of {address} yet: an earlier one is missing there.',
    remedy: 'The earlier transactions are sent again by themselves.',
    retryable: true,
  },
  'fees.above_cap': {
    what: 'Gas costs {price} wei, and the cap is {cap}.',
    remedy: 'It is signed when gas is cheaper; raise submission.feeCapGwei if it must not wait.',
    retryable: true,
  },
  'fees.not_worth': {
    what: 'Its gas costs {cost} wei of OPG now, and it brings {gain}.',
    remedy:
      'It is signed when gas is cheaper, or given up at its deadline; correct submission.opgPerCoin if that is old.',
    retryable: true,
  },
  'chain.insufficient_funds': {
    what: 'The account {address} cannot pay for gas: {reason}.',
    remedy: 'Send native coin to it; its transactions follow by themselves.',
    retryable: true,
  },
  'signer.key': {
    what: 'The key in {path} cannot be used: {reason}.',
    remedy: 'Name a file with a 0x-prefixed 32-byte private key, or an encrypted JSON keystore with its password file.',
    retryable: false,
  },
  'signer.address': {
    what: 'The signer {url} does not sign for {address}; it names {found}.',
    remedy: 'Correct signer.remoteAddress, or give the signer that key.',
    retryable: false,
  },
  'signer.unavailable': {
    what: 'The signer {url} gave no answer to {method}: {reason}.',
    remedy: 'Start it, or correct signer.remoteUrl; what waits for a signature is signed when it answers.',
    retryable: true,
  },
  'signer.refused': {
    what: 'The signer {url} refused {method}: {reason}.',
    remedy:
      'Unlock the key there, or let its rules allow what this role sends; what waits is tried again at every block.',
    retryable: true,
  },
  'signer.wrong_answer': {
    what: 'The signer {url} was asked to sign for {address} and answered with something else: {reason}.',
    remedy:
      'Nothing of it was kept or sent. Look at the signer: it has another chain or key, changes what it signs, or is not yours any more.',
    retryable: true,
  },
  'signer.former_key': {
    what: '{count} transactions of the key {address} have no end, and this process has another key.',
    remedy:
      'Name its file in signer.retiredKeyFiles until they have ended. If the key is lost, name its address in signer.retiredAddresses: then only what it had signed is sent again.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
