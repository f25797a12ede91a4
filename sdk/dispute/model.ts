/** The model of a version, from where it was published, its sha256 checked. */
import { readFile } from 'node:fs/promises';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Executable } from '#core/challenges/replay.ts';
import { ProtocolError } from '#core/errors.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toHex } from '#core/hex.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { commitProgram } from '#core/semantics/record.ts';
import type { Version } from '../version.ts';

/** Milliseconds that one source is waited for. */
const PATIENCE_MS = 60_000;

export const sha256Of = (bytes: Uint8Array): Bytes32 => toHex(sha256(bytes)) as Bytes32;

/** From the first source that has the very bytes. Throws `dispute.no_model`, which tells what each one said. */
export async function fetchModel({ content, uris }: Version): Promise<Uint8Array> {
  const reasons: string[] = [];
  for (const uri of uris) {
    try {
      const bytes = await bytesAt(uri, Number(content.size));
      const got = sha256Of(bytes);
      if (got === content.sha256Hash) return bytes;
      reasons.push(`${uri} has sha256 ${got.slice(2)}`);
    } catch (error) {
      reasons.push(`${uri}: ${(error as Error).message}`);
    }
  }
  const reason = reasons.length > 0 ? reasons.join('; ') : 'the version names no source';
  throw new ProtocolError('dispute.no_model', { sha256: content.sha256Hash.slice(2), reason });
}

async function bytesAt(uri: string, size: number): Promise<Uint8Array> {
  const { protocol } = new URL(uri);
  if (protocol === 'file:') return await readFile(new URL(uri));
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error(`${protocol} is not fetched here`);
  const answer = await fetch(uri, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok || answer.body === null) throw new Error(`status ${answer.status}`);
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    if (at + chunk.length > size) throw new Error(`more than the ${size} bytes of the version`);
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes.subarray(0, at);
}

/** Compiled and committed, to be executed. */
export function executable(onnx: Uint8Array): Executable {
  const program = compile(onnx);
  return { sha256: sha256Of(onnx), program, commitment: commitProgram(program) };
}
