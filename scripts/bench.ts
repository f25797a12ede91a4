// npm run bench [-- PART ...]: every figure this project states, measured on this machine and written to docs/benchmarks.md.
// PART is reference, gas, worker, path, scale or disputes; minutes each. Leave the machine alone meanwhile.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { benchBatching } from './bench/batching.ts';
import { benchBurst } from './bench/burst.ts';
import { benchDisputes } from './bench/disputes/bench.ts';
import { disputesSection } from './bench/disputes/section.ts';
import { machine, PARTS, type PartName, page } from './bench/document.ts';
import { gasRows } from './bench/gasRows.ts';
import { benchPath } from './bench/path.ts';
import { benchReference } from './bench/reference/bench.ts';
import { referenceSection } from './bench/reference/section.ts';
import { benchScale } from './bench/scale.ts';
import { manySection } from './bench/scaleSection.ts';
import { gasSection, pathSection, workerSection } from './bench/sections.ts';
import { benchWorker } from './bench/worker.ts';
import { yardstick } from './bench/yardstick.ts';

const OUT = 'docs/benchmarks.md';

interface Part {
  readonly what: string;
  /** Measures, and tells it in words. */
  readonly measure: () => Promise<string>;
}

const MEASURES: Readonly<Record<PartName, Part>> = {
  reference: {
    what: 'the reference against ONNX Runtime',
    measure: async () => referenceSection(await benchReference()),
  },
  gas: {
    what: 'gas of every path, production build (minutes when the contracts changed)',
    measure: async () => gasSection(gasRows()),
  },
  worker: { what: 'worker against bare session.run', measure: async () => workerSection(await benchWorker()) },
  path: { what: 'the whole path on a local chain', measure: async () => pathSection(await benchPath()) },
  scale: {
    what: 'many at once: executor processes on one queue, shared executions, a burst (about ten minutes)',
    measure: async () => {
      const [scale, batching, burst] = [await benchScale(), await benchBatching(), await benchBurst()];
      return manySection({ cores: availableParallelism(), scale, batching, burst });
    },
  },
  disputes: {
    what: 'disputes: gas of whole ones, seconds to a challenge, checks a second (about ten minutes)',
    measure: async () => disputesSection(await benchDisputes()),
  },
};

const isPart = (name: string): name is PartName => Object.hasOwn(MEASURES, name);
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !isPart(name));
if (unknown !== undefined) {
  console.error(
    `npm run bench -- ${unknown}: there is no such part. Say one or more of ${Object.keys(PARTS).join(', ')}, or nothing for all.`,
  );
  process.exit(1);
}

for (const [name, { what, measure }] of Object.entries(MEASURES) as [PartName, Part][]) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const began = Date.now();
  console.log(`${what} ...`);
  const where = `${machine()} ${await yardstick()}`;
  const text = await measure();
  console.log(`\n${text}\n\n${what}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
  // After each part, so that what was measured is not lost if the next one fails.
  const before = existsSync(OUT) ? readFileSync(OUT, 'utf8') : '';
  writeFileSync(OUT, page(before, { [name]: text }, where));
}
console.log(`${OUT} written`);
