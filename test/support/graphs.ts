/** Small graphs built in code, written where a runtime can load them. */
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Dtype } from '#core/commitment/dtype.ts';
import { buildModel, type GraphParts, node } from '#core/onnx/build.ts';
import { tensor } from '#core/tensor.ts';
import type { LoadableModel } from '#ports/runtime.ts';
import { temporaryFolder } from './temporary.ts';

/** A directory that the calling suite removes. */
export function scratch(): { readonly path: string; remove(): void } {
  const directory = temporaryFolder('opg-test');
  return { path: directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Writes a file named by its hash. */
export function writeBlob(directory: string, bytes: Uint8Array): LoadableModel {
  const hash = sha256(bytes);
  const file = path.join(directory, hash);
  writeFileSync(file, bytes);
  return { sha256: hash, path: file, size: bytes.length };
}

export const writeGraph = (directory: string, parts: GraphParts) => writeBlob(directory, buildModel(parts));

export const identity = (dtype: Dtype, shape: readonly (number | string)[]): GraphParts => ({
  inputs: { x: [dtype, shape] },
  outputs: { y: [dtype, shape] },
  nodes: [node('Identity', ['x'], ['y'])],
});

/** y = sin applied `steps` times to x: 10 steps take microseconds, 10^12 take weeks. */
export const iteratedSine: GraphParts = {
  inputs: { steps: ['int64', []], x: ['float32', [1]] },
  outputs: { y: ['float32', [1]] },
  constants: { go: tensor('bool', [], Uint8Array.of(1)) },
  nodes: [
    node('Loop', ['steps', 'go', 'x'], ['y'], {
      body: {
        inputs: { i: ['int64', []], on: ['bool', []], v: ['float32', [1]] },
        outputs: { onNext: ['bool', []], vNext: ['float32', [1]] },
        nodes: [node('Identity', ['on'], ['onNext']), node('Sin', ['v'], ['vNext'])],
      },
    }),
  ],
};
/** More steps than any test waits for. */
export const FOREVER = 10n ** 12n;

/** A model whose session holds `megabytes` of weights that nothing can fold away. */
export function heavy(megabytes: number, seed: number): GraphParts {
  const columns = megabytes * 1024;
  const weights = new Float32Array(256 * columns);
  for (let i = 0; i < weights.length; i++) weights[i] = ((i * 31 + seed) % 97) / 97;
  return {
    inputs: { x: ['float32', [1, 256]] },
    outputs: { y: ['float32', [1, 1]] },
    constants: { weights: tensor('float32', [256, columns], weights) },
    nodes: [node('MatMul', ['x', 'weights'], ['wide']), node('ReduceSum', ['wide'], ['y'], { keepdims: 1 })],
  };
}
