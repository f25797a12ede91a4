/** Compiled programs by the hash of their model, the least recently used out first. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ProtocolError } from '#core/errors.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { type DotTools, dotTools } from '#core/semantics/execute/dot.ts';
import { executionBytes, programBytes } from '#core/semantics/execute/footprint.ts';
import type { Program } from '#core/semantics/program.ts';
import type { LoadableModel } from '#ports/runtime.ts';

export interface Compiled {
  readonly program: Program;
  /** Keeps what is prepared of the weights between executions. */
  readonly tools: DotTools;
  readonly bytes: number;
}

/** Of a program without constants: records and the like. */
const OVERHEAD = 2 ** 20;

/** Tools of each program: made when it is compiled, given back when it is forgotten. */
export interface Toolbox {
  tools(): DotTools;
  release(tools: DotTools): void;
}

const PLAIN: Toolbox = { tools: () => dotTools(), release: () => undefined };

export class Programs {
  readonly #bound: number;
  readonly #toolbox: Toolbox;
  readonly #entries = new Map<string, Compiled>();
  #used = 0;

  constructor(bound: number, toolbox: Toolbox = PLAIN) {
    this.#bound = bound;
    this.#toolbox = toolbox;
  }

  /** Throws `runtime.model_too_large` for a program that could not be executed within the bound, before anything of it is. */
  get(model: LoadableModel): Compiled {
    const known = this.#entries.get(model.sha256);
    if (known) {
      this.#entries.delete(model.sha256);
      this.#entries.set(model.sha256, known);
      return known;
    }
    const { sha256 } = model;
    const program = compile(verifiedBytes(model));
    const bytes = OVERHEAD + programBytes(program);
    const needed = bytes + executionBytes(program);
    if (needed > this.#bound)
      throw new ProtocolError('runtime.model_too_large', { sha256, needed, bound: this.#bound });
    for (const [oldest, entry] of this.#entries) {
      if (this.#used + bytes <= this.#bound) break;
      this.#entries.delete(oldest);
      this.#used -= entry.bytes;
      this.#toolbox.release(entry.tools);
    }
    const made = { program, tools: this.#toolbox.tools(), bytes };
    this.#entries.set(sha256, made);
    this.#used += bytes;
    return made;
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
