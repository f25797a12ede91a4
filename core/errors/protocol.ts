import type { ErrorEntry } from './entry.ts';

/** Thrown by core/ itself, before anything reaches a chain. */
export const protocolErrors = {
  'hex.invalid': {
    what: '"{text}" is not {expected} in hexadecimal.',
    remedy: 'Pass 0x followed by the full number of hexadecimal digits.',
    retryable: false,
  },
  'number.range': {
    what: '{name} = {value} is not an unsigned integer of {bits} bits.',
    remedy: 'Pass a whole number in range.',
    retryable: false,
  },
  'tensor.dtype': {
    what: '{name}: dtype is {got}, expected {expected}.',
    remedy: 'Convert the values, or use the dtype the schema names.',
    retryable: false,
  },
  'tensor.shape': {
    what: '{name}: shape is [{got}], expected {expected}.',
    remedy: 'Reshape the tensor to what the schema names.',
    retryable: false,
  },
  'tensor.length': {
    what: '{name}: {got} elements, but the shape [{shape}] has {expected}.',
    remedy: 'Pass exactly one value per element, in row-major order.',
    retryable: false,
  },
  'tensor.value': {
    what: '{name}: element {index} is {value}, which is no {dtype}.',
    remedy: 'Pass values the dtype can hold; whole numbers beyond 2^53 as bigint, which a number cannot tell apart.',
    retryable: false,
  },
  'tensor.not_canonical': {
    what: '{name}: element {index} is encoded as {bits}, which is not the canonical form of a {dtype}.',
    remedy: 'Encode NaN as 0x7fc00000 and bool as 0 or 1 (docs/spec/commitments.md).',
    retryable: false,
  },
  'tensor.header': {
    what: '{header} is no tensor header: {reason}.',
    remedy: 'Build headers with encodeHeader; see docs/spec/commitments.md.',
    retryable: false,
  },
  'items.count': {
    what: '{got} items, expected {expected}.',
    remedy: 'A request carries 1 to 32 items; each item has one tensor per schema entry.',
    retryable: false,
  },
  'items.length': {
    what: '{got} bytes, expected {expected}.',
    remedy: 'Pass the canonical bytes of each item: its tensors in schema order, items one after another.',
    retryable: false,
  },
  'schema.invalid': {
    what: 'The io schema is not valid at {path}: {reason}.',
    remedy: 'Correct the schema: lists inputs and outputs of name, dtype and shape, and the flag rows.',
    retryable: false,
  },
  'schema.tensor_missing': {
    what: 'The tensor "{name}" is missing; the schema names {expected}.',
    remedy: 'Pass one tensor for each name of the schema.',
    retryable: false,
  },
  'schema.tensor_unknown': {
    what: 'There is no tensor "{name}" in the schema; it names {expected}.',
    remedy: 'Correct the name, or leave this tensor out.',
    retryable: false,
  },
  'word.reserved_bits': {
    what: 'Bits that must be zero are set in the packed word {word}.',
    remedy: 'Take packed words from the chain or its events, unchanged.',
    retryable: false,
  },
  'cost.range': {
    what: 'A cost of {value} multiply-adds cannot be packed.',
    remedy: 'The cost of an item is between 1 and 2^223 multiply-adds.',
    retryable: false,
  },
  'tolerance.invalid': {
    what: '{name} = {value} is not a tolerance.',
    remedy: 'Choose a finite atol >= 0 that float32 can hold, and an rtol >= 0 and below 1.',
    retryable: false,
  },
  'request.illegal_transition': {
    what: 'The event {event} cannot follow state {state} of request {id}.',
    remedy: 'An event is missing or came twice: read the logs of this request again from its Requested event.',
    retryable: false,
  },
  'ledger.mismatch': {
    what: 'The event {event} moves {asked} but {account} has {available} {field}.',
    remedy: 'An event is missing or came twice: replay from the block of the deployment.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
