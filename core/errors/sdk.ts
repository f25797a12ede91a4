import type { ErrorEntry } from './entry.ts';

/** Thrown by whoever talks to a chain as a client. */
export const sdkErrors = {
  'chain.wrong_id': {
    what: 'The endpoint is on chain {got}, the deployment is on chain {expected}.',
    remedy: 'Use the endpoint of that chain, or the addresses of this one.',
    retryable: false,
  },
  'chain.wrong_contract': {
    what: '{name} at {address} is not the one the other contracts use ({expected}).',
    remedy: 'Take all addresses from one deployment (deploy/addresses).',
    retryable: false,
  },
  'chain.reverted': {
    what: 'The call would fail: {reason}.',
    remedy: 'Nothing was sent. Correct what the reason names.',
    retryable: false,
  },
  'chain.mined_reverted': {
    what: 'Transaction {hash} was mined and failed.',
    remedy: 'Something changed between estimate and block. Read the state again, then decide.',
    retryable: true,
  },
  'chain.gas_unfunded': {
    what: '{account} cannot pay for gas.',
    remedy: "Send it some of the chain's native coin.",
    retryable: false,
  },
  'chain.unavailable': {
    what: 'The chain did not answer: {reason}.',
    remedy: 'Try again, or use another endpoint.',
    retryable: true,
  },
  'chain.unsettled': {
    what: 'Transaction {hash} of {account}, nonce {nonce}, was signed and may have been sent: {reason}.',
    remedy:
      'Do not repeat the call before you know. Look for it by its hash, or by account and nonce: if it is mined, the call is done. Until then another transaction with that nonce is safe, for only one is ever mined; one with a later nonce would do it twice.',
    retryable: false,
  },
  'deployment.invalid': {
    what: 'This is no deployment record: {reason}.',
    remedy: 'Use a file of deploy/addresses as the deployment wrote it.',
    retryable: false,
  },
  'deployment.without': {
    what: 'The deployment record names no {name}.',
    remedy: 'Use a deployment that has one, or add its address to the record.',
    retryable: false,
  },
  'node.key_revoked': {
    what: '{key} was a hot key of {node} and was revoked: it is not granted again.',
    remedy: 'Use another key; opg node rotate FOLDER makes one. Somebody may have a copy of a key that was revoked.',
    retryable: false,
  },
  'version.mismatch': {
    what: 'The schema published with version {version} does not hash to what the registry holds.',
    remedy: 'Do not use this version: whoever published it made a mistake or deceives.',
    retryable: false,
  },
  'version.unverified': {
    what: 'Results of version {version} cannot be verified by everybody: {reason}.',
    remedy:
      'Use another version. If only its file is not public and you trust the node, allow it (`unverified: true` in the SDK, --unverified in opg).',
    retryable: false,
  },
  'publish.refused': {
    what: 'The model cannot be published like this: {reason}.',
    remedy:
      'Publish it in exact mode, or change the model or its card; docs/publishing.md says what each finding means.',
    retryable: false,
  },
  'publish.hash_mismatch': {
    what: 'The card says sha256 {expected}, the file has {got}.',
    remedy: 'Publish the file the card was written for.',
    retryable: false,
  },
  'model.bad_name': {
    what: '"{name}" names no model.',
    remedy: 'Write namespace/name, namespace/name@2 for its second version, or 0x and the 64 hex digits of a version.',
    retryable: false,
  },
  'model.unknown': {
    what: 'There is no model {name} on this chain.',
    remedy: 'Check the spelling and the network, or look for it with a search.',
    retryable: false,
  },
  'model.no_version': {
    what: '{name} has no such version in service ({published} were published).',
    remedy: 'Use another version, or ask its owner to publish one.',
    retryable: false,
  },
  'upload.refused': {
    what: '{url} did not take the file: {reason}.',
    remedy: 'Check the address, your credentials and the quota of the store, or use another store.',
    retryable: true,
  },
  'search.unavailable': {
    what: 'The indexer {url} did not answer: {reason}.',
    remedy: 'Check the address, or use another indexer.',
    retryable: true,
  },
  'request.no_offer': {
    what: 'Nobody offers to serve version {version} now.',
    remedy: 'Wait for an offer, name a node and a fee yourself, or run a node and offer it.',
    retryable: true,
  },
  'request.too_dear': {
    what: 'The request would cost {fee} wei of OPG, more than the {maxFee} allowed.',
    remedy: 'Allow more, or name a node that asks less.',
    retryable: false,
  },
  'result.not_delivered': {
    what: 'The node did not hand over the output of request {id} at {url}: {reason}.',
    remedy:
      'Ask again later. Anybody may demand the bytes on chain (docs/spec/challenge-game.md); who cannot show them loses.',
    retryable: true,
  },
  'request.fee_unknown': {
    what: 'No fee was given and no node is named whose offer could be met.',
    remedy: 'Name a node with an active offer, or give the fee.',
    retryable: false,
  },
  'request.lanes_busy': {
    what: 'No {count} free lanes in a row among the first {limit} of {account}.',
    remedy: 'Wait until a request in flight is over, or allow more lanes.',
    retryable: true,
  },
  'request.unknown': {
    what: 'There is no request {id} in the logs from block {from} on.',
    remedy: 'Check the id and the chain, or look from an earlier block.',
    retryable: false,
  },
  'request.ended': {
    what: 'Request {id} ended as {state} without a result.',
    remedy: 'The fee went back to the requester. Ask again, perhaps another node.',
    retryable: false,
  },
  'request.not_submitted': {
    what: 'Request {id} is {state}: there is no result yet.',
    remedy: 'Wait for the result first.',
    retryable: true,
  },
  'request.unfollowed': {
    what: 'Request {id} is paid for, and was not followed to its result: {reason}.',
    remedy: 'Do not ask again, which pays again: wait for this one by its id (waitForResult, opg request watch).',
    retryable: false,
  },
  'result.unavailable': {
    what: 'The chain does not answer about request {id}: {reason}.',
    remedy: 'The request goes on without you. Wait for it again by its id, perhaps over another endpoint.',
    retryable: true,
  },
  'result.mismatch': {
    what: 'The output of request {id} does not have the commitment {expected} that was submitted.',
    remedy: 'Do not use it. Ask the node, or another source, for the bytes again.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
