/**
 * Writes core/commitment/keccakBytes.ts: WebAssembly that hashes many messages of one length by keccak256, two at a time in the two lanes
 * of its vectors, assembled from the text below by wabt (FIPS 202 for the permutation; padding is Keccak's own, 0x01).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import wabt from 'wabt';

const TARGET = new URL('../../core/commitment/keccakBytes.ts', import.meta.url);

/** Lanes of the rate: 136 bytes. */
const RATE = 17;
const LANES = Array.from({ length: 25 }, (_, i) => i);
const FIVE = [0, 1, 2, 3, 4];
const at = (x: number, y: number) => (x % 5) + 5 * (y % 5);

/** Rotation offsets of rho, by walking as the standard does. */
function rotations(): number[] {
  const offsets = new Array<number>(25).fill(0);
  let [x, y] = [1, 0];
  for (let t = 0; t < 24; t++) {
    offsets[at(x, y)] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
}

/** Round constants of iota, from its linear feedback register. */
export function roundConstants(): bigint[] {
  let register = 1;
  const bit = () => {
    const out = register & 1;
    register <<= 1;
    if (register & 0x100) register ^= 0x171;
    return out;
  };
  return Array.from({ length: 24 }, () => {
    let constant = 0n;
    for (let j = 0; j <= 6; j++) if (bit()) constant |= 1n << BigInt(2 ** j - 1);
    return constant;
  });
}

const get = (name: string) => `(local.get $${name})`;
const set = (name: string, value: string) => `(local.set $${name} ${value})`;
const xor = (...values: string[]): string => values.reduce((x, y) => `(v128.xor ${x} ${y})`);
const rotate = (value: string, by: number) =>
  by === 0 ? value : `(v128.or (i64x2.shl ${value} (i32.const ${by})) (i64x2.shr_u ${value} (i32.const ${64 - by})))`;

function round(): string {
  const offsets = rotations();
  const lines: string[] = [];
  for (const x of FIVE) lines.push(set(`c${x}`, xor(...FIVE.map((y) => get(`a${at(x, y)}`)))));
  for (const x of FIVE) lines.push(set(`d${x}`, xor(get(`c${(x + 4) % 5}`), rotate(get(`c${(x + 1) % 5}`), 1))));
  for (const x of FIVE)
    for (const y of FIVE) {
      lines.push(set('t', xor(get(`a${at(x, y)}`), get(`d${x}`))));
      lines.push(set(`b${at(y, 2 * x + 3 * y)}`, rotate(get('t'), offsets[at(x, y)] as number)));
    }
  // v128.andnot(p, q) is p and not q.
  for (const y of FIVE)
    for (const x of FIVE) {
      const [b0, b1, b2] = [x, x + 1, x + 2].map((column) => get(`b${at(column, y)}`)) as [string, string, string];
      lines.push(set(`a${at(x, y)}`, xor(b0, `(v128.andnot ${b2} ${b1})`)));
    }
  lines.push(set('a0', xor(get('a0'), '(v128.load64_splat (local.get $rc))')));
  return lines.join('\n');
}

/**
 * hash(message, pairs, blocks, stride, out): message i is at message + i * stride, padded to blocks * 136 bytes; its hash goes to
 * out + i * 32. Round constants are the first 192 bytes of the memory.
 */
function text(): string {
  const load = (lane: number) =>
    set(
      `a${lane}`,
      xor(
        get(`a${lane}`),
        `(v128.load64_lane offset=${8 * lane} 1 (local.get $q) (v128.load64_zero offset=${8 * lane} (local.get $p)))`,
      ),
    );
  const store = (lane: number) =>
    `(v128.store64_lane offset=${8 * lane} 0 (local.get $out) (local.get $a${lane}))
     (v128.store64_lane offset=${32 + 8 * lane} 1 (local.get $out) (local.get $a${lane}))`;
  const constants = roundConstants()
    .map((constant) => {
      const bytes = Array.from({ length: 8 }, (_, i) => Number((constant >> BigInt(8 * i)) & 255n));
      return bytes.map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
    })
    .join('');
  return `(module (memory (export "memory") 4) (data (i32.const 0) "${constants}")
  (func (export "hash") (param $message i32) (param $pairs i32) (param $blocks i32) (param $stride i32) (param $out i32)
    (local $p i32) (local $q i32) (local $n i32) (local $rc i32) (local $t v128)
    ${LANES.map((i) => `(local $a${i} v128) (local $b${i} v128)`).join(' ')} ${FIVE.map((i) => `(local $c${i} v128) (local $d${i} v128)`).join(' ')}
    (loop $pair
      (local.set $p (local.get $message))
      (local.set $q (i32.add (local.get $message) (local.get $stride)))
      (local.set $n (local.get $blocks))
      ${LANES.map((i) => set(`a${i}`, '(v128.const i64x2 0 0)')).join('\n')}
      (loop $block
        ${LANES.slice(0, RATE).map(load).join('\n')}
        (local.set $rc (i32.const 0))
        (loop $round
          ${round()}
          (br_if $round (i32.lt_u (local.tee $rc (i32.add (local.get $rc) (i32.const 8))) (i32.const 192))))
        (local.set $p (i32.add (local.get $p) (i32.const ${8 * RATE})))
        (local.set $q (i32.add (local.get $q) (i32.const ${8 * RATE})))
        (br_if $block (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      ${LANES.slice(0, 4).map(store).join('\n')}
      (local.set $message (i32.add (local.get $message) (i32.shl (local.get $stride) (i32.const 1))))
      (local.set $out (i32.add (local.get $out) (i32.const 64)))
      (br_if $pair (local.tee $pairs (i32.sub (local.get $pairs) (i32.const 1)))))))`;
}

export async function keccakFile(): Promise<string> {
  const assembler = await wabt();
  const module = assembler.parseWat('keccak.wat', text(), { simd: true });
  const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
  module.destroy();
  const lines = (base64.match(/.{1,108}/g) ?? []).map((line) => `  '${line}',`).join('\n');
  return `/** WebAssembly in base64, written by scripts/generate/keccakKernel.ts; do not edit. */
export const KECCAK_KERNEL = [
${lines}
].join('');
`;
}

if (import.meta.main) {
  const wanted = await keccakFile();
  if (!process.argv.includes('--check')) writeFileSync(TARGET, wanted);
  else if (readFileSync(TARGET, 'utf8') !== wanted) {
    console.error('core/commitment/keccakBytes.ts is not what scripts/generate/keccakKernel.ts writes: run it');
    process.exitCode = 1;
  }
}
