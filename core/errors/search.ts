import type { ErrorEntry } from './entry.ts';

/** What asking an indexer, or being one, can end in. */
export const searchErrors = {
  'search.unavailable': {
    what: 'The indexer {url} did not answer: {reason}.',
    remedy: 'Check the URL and that it runs, or use another indexer; all of them know what the chain says.',
    retryable: true,
  },
  'search.refused': {
    what: 'The indexer {url} refused the question: {reason}.',
    remedy: 'Correct what the reason names; docs/workers/indexer.md has every parameter with its bounds.',
    retryable: false,
  },
  'search.unknown': {
    what: 'The indexer {url} knows no {what}.',
    remedy: 'Check the spelling and the network. Something new is there as soon as the indexer has read its block.',
    retryable: false,
  },
  'search.malformed': {
    what: 'What {url} answers is not what an indexer of this release says: {reason}.',
    remedy: 'Check that the URL is an indexer, and that it runs the same release as this program.',
    retryable: false,
  },
  'search.starting': {
    what: 'The indexer has read no block yet.',
    remedy: 'Ask again in a moment; GET /healthz tells how far it is.',
    retryable: true,
  },
  'search.cursor': {
    what: '"{cursor}" is not where a page of this question ends.',
    remedy: 'Use `next` of the page before with the same question and sort, or leave the cursor out.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;
