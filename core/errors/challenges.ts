import type { ErrorEntry } from './entry.ts';

/** Custom errors of the challenge game and its verifiers, by their own names, and what core finds out about challenges. */
export const challengesErrors = {
  Game_NotOpen: {
    args: ['challenge'],
    what: 'Challenge {challenge} is not open.',
    remedy: 'Read its events again: it was upheld, or it fell. If it was never posted, the claim has other words.',
    retryable: false,
  },
  Game_AlreadyPosted: {
    args: ['challenge'],
    what: 'Challenge {challenge} was posted before.',
    remedy: 'One trace of one challenger is one challenge; nothing is to be done.',
    retryable: false,
  },
  Game_NotChallenger: {
    args: ['sender', 'challenger'],
    what: '{sender} challenges in the name of {challenger}.',
    remedy: 'Send the challenge from the account that its trace is salted with.',
    retryable: false,
  },
  Game_TooLate: {
    args: ['last'],
    what: 'The last second for this move was {last}.',
    remedy: 'Act earlier next time: watch the clocks of the game and keep gas ready.',
    retryable: false,
  },
  Game_TooEarly: {
    args: ['first'],
    what: 'This move is possible from second {first} on.',
    remedy: 'Send it again then.',
    retryable: true,
  },
  Game_WrongVersion: {
    args: [],
    what: 'The version words do not hash to the version of the request.',
    remedy: 'Take them from the VersionPublished event of that version.',
    retryable: false,
  },
  Game_WrongProgram: {
    args: [],
    what: 'The program words do not hash to the program root of the version, or the program is beyond the limits of the game.',
    remedy: 'Compile the model again; a version whose root is not that of its model cannot be disputed.',
    retryable: false,
  },
  Game_NotCurrent: {
    args: ['submission'],
    what: 'Submission {submission} is not as described, or it is over.',
    remedy: "Read the request's events again.",
    retryable: false,
  },
  Game_AlreadyDemanded: {
    args: ['demandId'],
    what: 'The piece of demand {demandId} was demanded before.',
    remedy: 'Use the answer, or wait for it.',
    retryable: false,
  },
  Game_NoSuchDemand: {
    args: ['demandId'],
    what: 'Demand {demandId} is not in the state described.',
    remedy: 'Take its words from the Demanded event; it may have been answered or be over.',
    retryable: false,
  },
  Game_DemandsOpen: {
    args: ['openDemands'],
    what: '{openDemands} demands of the challenge are open.',
    remedy: 'They are answered, or lapse, first.',
    retryable: true,
  },
  Game_Consistent: {
    args: ['operator', 'element'],
    what: 'Element {element} of operator {operator} is what the operator gives.',
    remedy: 'Nothing is proved by it. If your own trace says otherwise, your reference is at fault: report it.',
    retryable: false,
  },
  Game_NotOnPath: {
    args: ['position'],
    what: 'Demand {position} of the list is not on the way to the element, or not in order.',
    remedy: 'List the answered demands from the root down.',
    retryable: false,
  },
  Game_NothingToClaim: {
    args: ['submission'],
    what: 'Submission {submission} has no pot.',
    remedy: 'It was not condemned by a challenge, or its pot is paid.',
    retryable: false,
  },
  Game_BadPrice: {
    args: ['gasPrice'],
    what: 'A gas price of {gasPrice} wei of OPG is out of range.',
    remedy: 'Deploy with a price above 0 and below 2^64 wei of OPG per gas.',
    retryable: false,
  },
  Traces_NoEvidence: {
    args: ['part'],
    what: 'The evidence does not hold: {part}.',
    remedy:
      'Open the element in your own trace and in the submitted bytes; within the tolerance there is nothing to challenge.',
    retryable: false,
  },
  Traces_NoSuchPosition: {
    args: [],
    what: 'The trace has no such position, or another hash stands there.',
    remedy: 'Demand the nodes that earlier answers and the challenge itself have shown.',
    retryable: false,
  },
  Traces_WrongAnswer: {
    args: [],
    what: 'The data is not what the demanded hash was made from.',
    remedy: 'Answer from the trace that the challenge commits to: real children only, or whole leaves with zero pads.',
    retryable: false,
  },
  Steps_WrongOpening: {
    args: ['opening'],
    what: 'Opening {opening} does not lead to what it is said to be a part of.',
    remedy: 'Open it under the trace of the challenge, the constants of the program or the input of the request.',
    retryable: false,
  },
  Steps_WrongRecord: {
    args: ['operator'],
    what: 'The record is not that of operator {operator}.',
    remedy: 'Compile the model again and take the record with its path.',
    retryable: false,
  },
  Steps_WrongSource: {
    args: ['operand'],
    what: 'The opening of operand {operand} is of another tensor than the record names.',
    remedy: 'Open the source that the record names.',
    retryable: false,
  },
  Steps_NoSuchElement: {
    args: ['element'],
    what: 'The operator has no element {element}.',
    remedy: 'Elements are numbered flat in canonical order.',
    retryable: false,
  },
  Steps_NoStep: {
    args: ['kind'],
    what: 'No step contract knows primitive {kind}.',
    remedy: 'This deployment is older than the compiler: serve and check only versions whose primitives it knows.',
    retryable: false,
  },
  Step_NotOpened: {
    args: ['operand', 'element'],
    what: 'Element {element} of operand {operand} is read and not opened.',
    remedy: 'Open every leaf that the definition reads.',
    retryable: false,
  },
  Step_UnknownKind: {
    args: ['kind'],
    what: 'The step contract does not know primitive {kind}, or not for these dtypes or this attribute.',
    remedy: 'Compile the model again; a record that no compiler writes cannot be decided.',
    retryable: false,
  },
  Step_BadHint: {
    args: [],
    what: 'The hint names nothing.',
    remedy: 'A selection is decided by one word: the candidate, or the rank, that shows the claim wrong.',
    retryable: false,
  },
  Merkle_RunOutside: {
    args: [],
    what: 'The run of leaves is not inside its tree.',
    remedy: 'Open leaves that the tensor has.',
    retryable: false,
  },
  'challenge.unknown_node': {
    what: 'Node {index} of level {level} of a challenged trace is not known.',
    remedy: 'This is a bug in the refuter, which asks for nodes before they are shown. Report it.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
