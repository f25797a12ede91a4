/** A model as a dispute needs it. */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Executable } from '#core/challenges/replay.ts';
import type { Bytes32 } from '#core/hex.ts';
import { toHex } from '#core/hex.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { commitProgram } from '#core/semantics/record.ts';

export const sha256Of = (bytes: Uint8Array): Bytes32 => toHex(sha256(bytes)) as Bytes32;

/** Compiled and committed, to be executed. */
export function executable(onnx: Uint8Array): Executable {
  const program = compile(onnx);
  return { sha256: sha256Of(onnx), program, commitment: commitProgram(program) };
}
