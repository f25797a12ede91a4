import type { ErrorEntry } from './entry.ts';

/** Custom errors of the contracts, by their own names. */
export const nodesErrors = {
  Nodes_NoOffer: {
    args: ['node', 'version'],
    what: 'Node {node} has no active offer for version {version}.',
    remedy: 'Name another node, or request without the quote check.',
    retryable: false,
  },
  Nodes_KeyNotAllowed: {
    args: ['node', 'key', 'permission'],
    what: '{key} may not do this (permission {permission}) for node {node}.',
    remedy: "Have the node's account call setKey with this permission and a later end, or use the node's account.",
    retryable: false,
  },
  Nodes_BadField: {
    args: ['name'],
    what: 'The field {name} is out of its range.',
    remedy: 'Correct it; the ranges are in INodeRegistry.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
