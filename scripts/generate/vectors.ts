/** Writes test/vectors/*.json, which Solidity and TypeScript tests read alike. Independent of core/ on purpose. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { commitmentVectors } from './reference/commitments.ts';
import { elementVectors } from './reference/elementVectors.ts';
import { protocolVectors } from './reference/protocol.ts';

const FOLDER = new URL('../../test/vectors/', import.meta.url);

export const vectorFiles: Readonly<Record<string, () => unknown>> = {
  'commitments.json': commitmentVectors,
  'protocol.json': protocolVectors,
  'steps-elements.json': elementVectors,
};

/** One vector per line, so that a change reads as one. */
export function rendered(vectors: unknown): string {
  const groups = Object.entries(vectors as Record<string, readonly unknown[]>).map(
    ([group, rows]) => `${JSON.stringify(group)}: [\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`,
  );
  return `{\n${groups.join(',\n')}\n}\n`;
}

if (import.meta.main) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, make] of Object.entries(vectorFiles)) writeFileSync(new URL(name, FOLDER), rendered(make()));
}
