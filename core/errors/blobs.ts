import type { ErrorEntry } from './entry.ts';

/** Fetching and storing content-addressed bytes. `sources` names each URI and what was wrong with it. */
export const blobsErrors = {
  'blobs.unavailable': {
    what: 'Blob {sha256} could not be fetched: {sources}.',
    remedy: 'Check that a source is up and reachable; the fetch is tried again.',
    retryable: true,
  },
  'blobs.coming': {
    what: 'Blob {sha256} is still being fetched.',
    remedy: 'None is needed: what waits for it is tried again, and a source that takes too long is given up.',
    retryable: true,
  },
  'blobs.corrupt': {
    what: 'No source has blob {sha256}; they sent other bytes: {sources}.',
    remedy: 'Put the registered file where the version says it is, or publish a version with the right hash.',
    retryable: false,
  },
  'blobs.too_large': {
    what: 'Blob {sha256} has {size} bytes, more than the {bound} allowed here.',
    remedy: 'Raise the bound, or use a smaller blob.',
    retryable: false,
  },
  'blobs.source_failed': {
    what: '{uri}: {reason}.',
    remedy: 'Check the source; other sources of the same blob are tried.',
    retryable: true,
  },
  'blobs.quota': {
    what: 'The store holds {used} bytes; {size} more exceed its quota of {bound}.',
    remedy: 'Raise the quota or remove blobs that nobody needs.',
    retryable: true,
  },
  'blobs.locked': {
    what: 'The storage directory {path} belongs to {holder}.',
    remedy:
      'One storage node per directory, for each counts only what it keeps itself: stop that one, or give this one its own.',
    retryable: true,
  },
  'blobs.source_lied': {
    what: '{uri}: {reason}.',
    remedy: 'Nothing of it was used; other sources of the same blob are tried, and this one last from now on.',
    retryable: true,
  },
  'blobs.wrong_address': {
    what: '{uri}: {reason}.',
    remedy: 'Publish a version whose address names the very file; asking again will not change what this one names.',
    retryable: false,
  },
  'blobs.other_bytes': {
    what: 'The bytes sent have sha256 {found}, not {sha256}.',
    remedy: 'Send the file whose hash the address names, or the right hash.',
    retryable: false,
  },
  'walrus.failed': {
    what: 'The Walrus id of {file} could not be computed: {reason}.',
    remedy: 'Check that the file is readable and that there is memory of 2.5 times its size, then try again.',
    retryable: true,
  },
} as const satisfies Record<string, ErrorEntry>;
