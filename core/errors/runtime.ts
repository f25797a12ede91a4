import type { ErrorEntry } from './entry.ts';

/** Running a model: thrown by the runtime and the executor. */
export const runtimeErrors = {
  'runtime.model_invalid': {
    what: 'Model {sha256} cannot be loaded: {reason}.',
    remedy: 'Publish a file that stock ONNX Runtime loads, with tensors of the six dtypes only.',
    retryable: false,
  },
  'runtime.model_changed': {
    what: 'The file of model {sha256} is no longer what the store verified: {reason}.',
    remedy: 'The file is fetched again; if this repeats, check the disk and who else writes to it.',
    retryable: true,
  },
  'runtime.model_too_large': {
    what: 'Model {sha256} needs {needed} bytes of memory, but sessions may use {bound} in all.',
    remedy: 'Raise the memory bound of the node, or do not serve this model.',
    retryable: false,
  },
  'runtime.input_rejected': {
    what: 'Model {sha256} refused the input: {reason}.',
    remedy: 'Pass tensors of the shapes, dtypes and values the model takes.',
    retryable: false,
  },
  'runtime.crashed': {
    what: 'The process running model {sha256} died: {reason}.',
    remedy: 'It is started again by itself; if one model does this often, stop serving it.',
    retryable: true,
  },
  'runtime.timeout': {
    what: 'Model {sha256} did not finish within {limit} ms; its process was killed.',
    remedy: 'Raise the time limit if the model is that slow on this machine, or give it fewer neighbours.',
    retryable: true,
  },
  'runtime.quarantined': {
    what: 'Model {sha256} is not run any more: {strikes} different inputs in a row killed or hung its process, last: {reason}.',
    remedy: 'Look at the model; restart the node to try it again.',
    retryable: false,
  },
  'runtime.closed': {
    what: 'The runtime was closed before model {sha256} ran.',
    remedy: 'Nothing to do: the request is taken up again after the restart.',
    retryable: true,
  },
  'reference.crashed': {
    what: 'Computing the reference of model {sha256} ended with {reason}.',
    remedy:
      'It is started again by itself; if one model does this often, give the reference more memory or do not serve it.',
    retryable: true,
  },
  'reference.timeout': {
    what: 'The reference of model {sha256} was not there within {limit} ms; the computation was stopped.',
    remedy: 'Raise the time limit of the reference, or admit the version unchecked if you trust whoever published it.',
    retryable: true,
  },
  'reference.quarantined': {
    what: 'The reference of model {sha256} is not computed any more: it failed {strikes} times in a row, last: {reason}.',
    remedy: 'Look at the model; restart the node to try it again.',
    retryable: false,
  },
  'executor.root_mismatch': {
    what: 'Model {sha256} compiles to program {got}, but its version names {expected}.',
    remedy: 'The version was published with another program; its owner must publish it again. Nobody should serve it.',
    retryable: false,
  },
  'executor.schema_mismatch': {
    what: 'Model {sha256} takes or gives other tensors than its version publishes: {reason}.',
    remedy:
      'Its owner must publish it again with a card that lists the tensors as the model does. Nobody should serve it: a right result can be challenged with success.',
    retryable: false,
  },
  'executor.unchecked': {
    what: 'Request {id} would have to be submitted unchecked: the reference needs about {needed} s, {left} s are left.',
    remedy: 'Set the rate of the reference to what this machine does, or name the version as one to serve unchecked.',
    retryable: false,
  },
  'executor.facts_invalid': {
    what: 'What the journal holds about request {id} cannot be executed: {reason}.',
    remedy: 'The admitting role and the executor must be of one version; inspect the row.',
    retryable: false,
  },
  'executor.input_mismatch': {
    what: 'The input bytes of request {id} commit to {got}, but the request names {expected}.',
    remedy: 'Hand over exactly the canonical bytes whose root was requested.',
    retryable: false,
  },
  'executor.input_missing': {
    what: 'The input of request {id}, blob {sha256}, is not in the store.',
    remedy: 'Hand the canonical bytes to the node before the deadline.',
    retryable: true,
  },
  'executor.output_mismatch': {
    what: 'Model {sha256} answered {reason}, which is not what its version publishes.',
    remedy: 'The owner must publish a version whose schema is that of the file.',
    retryable: false,
  },
  'executor.late': {
    what: 'Request {id} cannot be finished by {deadline} (Unix seconds): {left} s are left.',
    remedy: 'Nothing: it expires and the fee returns. Give later requests more time.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
