import type { ErrorEntry } from './entry.ts';

/** Custom errors of the directory and the facade, by their own names. */
export const openGradientErrors = {
  Directory_NotOwner: {
    args: ['caller', 'owner'],
    what: '{caller} does not own the model of this version, {owner} does.',
    remedy: "Call from the owner's account.",
    retryable: false,
  },
  Directory_UnknownVersion: {
    args: ['version'],
    what: '{version} is no version of this registry.',
    remedy: 'Check the id, the chain and the address of the directory.',
    retryable: false,
  },
  Directory_SchemaMismatch: {
    args: ['side'],
    what: 'The headers or names of the {side} are not those of the version.',
    remedy: 'Give the headers of its schema in order, and as many different names of 1 to 64 bytes.',
    retryable: false,
  },
  Directory_AlreadyDescribed: {
    args: ['version'],
    what: 'Version {version} is described already, for good.',
    remedy: 'Publish another version if its names must change.',
    retryable: false,
  },
  Directory_NotDescribed: {
    args: ['version'],
    what: 'Nobody has told contracts the names of the tensors of version {version}.',
    remedy: "The model's owner calls ModelDirectory.describe once.",
    retryable: false,
  },
  Directory_BadLabel: {
    args: ['label'],
    what: '"{label}" is no label.',
    remedy: 'Use 1 to 32 characters of a-z, 0-9, - and dots.',
    retryable: false,
  },
  Directory_LabelTaken: {
    args: ['label', 'version'],
    what: 'The label "{label}" is of version {version}, for good.',
    remedy: 'Choose another label.',
    retryable: false,
  },
  Directory_NoSuchName: {
    args: ['name'],
    what: '"{name}" is the name of no version.',
    remedy:
      'Write 0x and the 64 digits of a version, namespace/name@label, or namespace/name; other ids need setAlias.',
    retryable: false,
  },
  Facade_NoSettings: {
    args: ['caller'],
    what: '{caller} has not said how much to pay: no call of OpenGradient does.',
    remedy: 'Call configure first, or use ask.',
    retryable: false,
  },
  Facade_BadSettings: {
    args: ['name'],
    what: 'The setting {name} must not be 0.',
    remedy: 'Set it.',
    retryable: false,
  },
  Facade_QuoteAbove: {
    args: ['quote', 'fee'],
    what: 'The named node asks for {quote} wei, the settings allow {fee}.',
    remedy: 'Raise the fee, or name another node.',
    retryable: false,
  },
  Facade_TooManyInFlight: {
    args: ['lanes'],
    what: 'All {lanes} lanes of the account hold requests.',
    remedy: 'Wait until one is answered or comes back.',
    retryable: true,
  },
  Facade_NotAnAccount: {
    args: ['caller'],
    what: '{caller} is not the account that asked this.',
    remedy: 'Nothing to do: answers come from the contracts.',
    retryable: false,
  },
  Facade_NotServed: {
    args: ['selector'],
    what: 'The facade does not serve the call {selector}.',
    remedy: 'Served are run, runModelInference and the functions of IOpenGradientFacade; LLM calls are not.',
    retryable: false,
  },
  Facade_TensorCount: {
    args: ['numbers', 'strings', 'expected'],
    what: 'The input has {numbers} tensors of numbers and {strings} of text, the version takes {expected} of numbers.',
    remedy: 'Give exactly the tensors of its schema.',
    retryable: false,
  },
  Facade_TensorMissing: {
    args: ['name'],
    what: 'The input has no tensor called "{name}".',
    remedy: 'Name tensors as the version does.',
    retryable: false,
  },
  Facade_ShapeMismatch: {
    args: ['name'],
    what: 'The tensor "{name}" has another shape or number of values than the version takes.',
    remedy: 'Give it the shape of the schema.',
    retryable: false,
  },
  Facade_NotConvertible: {
    args: ['name', 'index', 'refusal'],
    what: 'Element {index} of "{name}" cannot become one of its dtype (1: decimals outside -38..67, 2: not equal to one, 3: out of range).',
    remedy: 'Write a number that is one, or let the settings round to the nearest.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
