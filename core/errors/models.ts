import type { ErrorEntry } from './entry.ts';

/** Custom errors of the contracts, by their own names. */
export const modelsErrors = {
  Models_Unknown: {
    args: ['id'],
    what: '{id} is neither a model nor a version of this registry.',
    remedy: 'Check the id, the chain and the address of the registry.',
    retryable: false,
  },
  Models_Retired: {
    args: ['version'],
    what: 'Version {version} is retired: it takes no new requests.',
    remedy: 'Request a newer version of the model. Requests in flight are not affected.',
    retryable: false,
  },
  Models_AccessDenied: {
    args: ['version', 'requester'],
    what: 'The policy of version {version} does not admit {requester}.',
    remedy: "Ask the model's owner for access, or pass the data its policy wants.",
    retryable: false,
  },
  Models_AlreadyPublished: {
    args: ['version'],
    what: 'The same content is published already, as version {version}.',
    remedy: 'Use that version.',
    retryable: false,
  },
  Models_BadField: {
    args: ['name'],
    what: 'The field {name} of the version is out of its range.',
    remedy: 'Correct it; the ranges are in IModelRegistry.publish.',
    retryable: false,
  },
  Models_NotOwner: {
    args: ['caller', 'owner'],
    what: '{caller} does not own it, {owner} does.',
    remedy: "Call from the owner's account.",
    retryable: false,
  },
  Models_NameTaken: {
    args: ['namespace', 'name'],
    what: 'The model {namespace}/{name} exists already.',
    remedy: 'Choose another name, or publish a version of the existing model.',
    retryable: false,
  },
  Models_PolicyGas: {
    args: ['needed'],
    what: 'The access policy could not be given its {needed} gas.',
    remedy: 'Send the transaction with more gas.',
    retryable: true,
  },
} as const satisfies Record<string, ErrorEntry>;
