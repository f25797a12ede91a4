/** Compiled programs by the hash of their model, the least recently used out first. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ProtocolError } from '#core/errors.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import type { Program } from '#core/semantics/program.ts';
import type { LoadableModel } from '#ports/runtime.ts';

interface Entry {
  readonly program: Program;
  readonly bytes: number;
}

/** Of a program without constants: records and the like. */
const OVERHEAD = 2 ** 20;

export class Programs {
  readonly #bound: number;
  readonly #entries = new Map<string, Entry>();
  #used = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get(model: LoadableModel): Program {
    const known = this.#entries.get(model.sha256);
    if (known) {
      this.#entries.delete(model.sha256);
      this.#entries.set(model.sha256, known);
      return known.program;
    }
    const program = compile(verifiedBytes(model));
    const bytes = program.constants.reduce((sum, { data }) => sum + data.byteLength, OVERHEAD);
    for (const [sha256, entry] of this.#entries) {
      if (this.#used + bytes <= this.#bound) break;
      this.#entries.delete(sha256);
      this.#used -= entry.bytes;
    }
    // One that does not fit at all is used once and forgotten.
    if (bytes <= this.#bound) {
      this.#entries.set(model.sha256, { program, bytes });
      this.#used += bytes;
    }
    return program;
  }
}

/** Hashes exactly the bytes it compiles: a file that was swapped after the store verified it is refused. */
function verifiedBytes({ path, sha256 }: LoadableModel): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new ProtocolError('runtime.model_changed', { sha256, reason: `cannot be read: ${(error as Error).message}` });
  }
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256)
    throw new ProtocolError('runtime.model_changed', { sha256, reason: `the file on disk now has sha256 ${found}` });
  return bytes;
}
