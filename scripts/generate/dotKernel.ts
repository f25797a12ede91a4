/**
 * Writes core/semantics/dot/kernelBytes.ts: the WebAssembly of the float64 products behind a Dot, assembled from the text below by wabt.
 * `--check` fails instead if the file is not what it would write. The tile is 4 rows by 4 columns: eight accumulators of two lanes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

const TARGET = new URL('../../core/semantics/dot/kernelBytes.ts', import.meta.url);
const ROWS = [0, 1, 2, 3];
const PAIRS = [0, 1];

const each = <T>(list: readonly T[], line: (item: T) => string) => list.map(line).join('\n');
const cells = ROWS.flatMap((i) => PAIRS.map((j) => [i, j] as const));

/** One term: two loads of columns, then per row a splat and two multiply-adds. The products are exact, so fused or not is the same. */
function term(fused: boolean, step: number): string {
  const multiplyAdd = (i: number, j: number) =>
    fused
      ? `(local.set $c${i}${j} (f64x2.relaxed_madd (local.get $x) (local.get $b${j}) (local.get $c${i}${j})))`
      : `(local.set $c${i}${j} (f64x2.add (local.get $c${i}${j}) (f64x2.mul (local.get $x) (local.get $b${j}))))`;
  return `
    (local.set $b0 (v128.load offset=${32 * step} (local.get $b)))
    (local.set $b1 (v128.load offset=${32 * step + 16} (local.get $b)))
    ${each(ROWS, (i) => `(local.set $x (v128.load64_splat offset=${8 * step} (local.get $a${i}))) ${multiplyAdd(i, 0)} ${multiplyAdd(i, 1)}`)}`;
}

/**
 * multiply(left, panels, out, depth, panelCount, outStride): 4 rows of `depth` float64 (even, at least 2) by panelCount panels of 4
 * columns, panel layout [depth][4]; out[row][column] with outStride bytes from row to row. Addresses are bytes, 16-aligned.
 */
function text(fused: boolean): string {
  return `(module (memory (export "memory") 1)
  (func (export "multiply")
    (param $left i32) (param $b i32) (param $out i32) (param $depth i32) (param $panels i32) (param $stride i32)
    ${each(ROWS, (i) => `(local $a${i} i32)`)} (local $k i32) (local $row i32)
    (local $x v128) (local $b0 v128) (local $b1 v128) ${each(cells, ([i, j]) => `(local $c${i}${j} v128)`)}
    (local.set $row (i32.shl (local.get $depth) (i32.const 3)))
    (loop $panel
      (local.set $a0 (local.get $left))
      ${each([1, 2, 3], (i) => `(local.set $a${i} (i32.add (local.get $a${i - 1}) (local.get $row)))`)}
      ${each(cells, ([i, j]) => `(local.set $c${i}${j} (v128.const i64x2 0 0))`)}
      (local.set $k (i32.shr_u (local.get $depth) (i32.const 1)))
      (loop $terms
        ${term(fused, 0)} ${term(fused, 1)}
        (local.set $b (i32.add (local.get $b) (i32.const 64)))
        ${each(ROWS, (i) => `(local.set $a${i} (i32.add (local.get $a${i}) (i32.const 16)))`)}
        (br_if $terms (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
      ${each(
        cells,
        ([i, j]) =>
          `(v128.store offset=${16 * j} (i32.add (local.get $out) (i32.mul (local.get $stride) (i32.const ${i}))) (local.get $c${i}${j}))`,
      )}
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (br_if $panel (local.tee $panels (i32.sub (local.get $panels) (i32.const 1)))))))`;
}

async function assemble(fused: boolean): Promise<string> {
  const assembler = await wabt();
  const features = { simd: true, relaxed_simd: fused };
  const module = assembler.parseWat('kernel.wat', text(fused), features);
  const { buffer } = module.toBinary({});
  module.destroy();
  return Buffer.from(buffer).toString('base64');
}

export async function kernelFile(): Promise<string> {
  const lines = (bytes: string) => (bytes.match(/.{1,108}/g) ?? []).map((line) => `  '${line}',`).join('\n');
  return `/** WebAssembly in base64, written by scripts/generate/dotKernel.ts; do not edit. */

/** f64x2 with separate multiply and add. */
export const SIMD_KERNEL = [
${lines(await assemble(false))}
].join('');

/** f64x2.relaxed_madd: one instruction where the machine has it; the products are exact, so the bits are the same. */
export const FUSED_KERNEL = [
${lines(await assemble(true))}
].join('');
`;
}

if (import.meta.main) {
  const wanted = await kernelFile();
  if (!process.argv.includes('--check')) writeFileSync(TARGET, wanted);
  else if (readFileSync(TARGET, 'utf8') !== wanted) {
    console.error('core/semantics/dot/kernelBytes.ts is not what scripts/generate/dotKernel.ts writes: run it');
    process.exitCode = 1;
  }
}
