/** Writes docs/errors.md from the one table of errors. `--check` fails instead if the file is not what it would write. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ErrorEntry } from '#core/errors/entry.ts';
import { errorTable } from '#core/errors.ts';

const TARGET = new URL('../../docs/errors.md', import.meta.url);

const SECTIONS: readonly (readonly [title: string, belongs: (code: string) => boolean])[] = [
  ['Escrow', (code) => code.startsWith('Escrow_')],
  ['ModelRegistry', (code) => code.startsWith('Models_')],
  ['NodeRegistry', (code) => code.startsWith('Nodes_')],
  ['InferenceRequests', (code) => code.startsWith('Requests_')],
  ['Policies, splitters and sales of models', (code) => /^(Policies|Passes|Splitter|Sale)_/.test(code)],
  ['OpenGradient facade', (code) => /^(Directory|Facade)_/.test(code)],
  ['Off chain', (code) => code.includes('.')],
];

const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\{(\w+)\}/g, '*$1*');

function row([code, { what, remedy, retryable, args }]: [string, ErrorEntry]): string {
  const signature = args === undefined ? code : `${code}(${args.join(', ')})`;
  return `| \`${signature}\` | ${cell(what)} | ${cell(remedy)} | ${retryable ? 'yes' : 'no'} |`;
}

export function errorsDoc(): string {
  const entries = Object.entries(errorTable);
  const sections = SECTIONS.map(([title, belongs]) =>
    [
      `## ${title}`,
      '| code | what happened | what to do | retry |',
      '|---|---|---|---|',
      ...entries.filter(([code]) => belongs(code)).map(row),
    ].join('\n'),
  );
  return [
    '# Errors',
    'Generated from core/errors by scripts/generate/errorsDoc.ts; do not edit. Contracts, SDK and workers use the same codes. *Retry* = the',
    'same call can succeed later without a change. Times are Unix seconds, amounts wei of OPG.\n',
    ...sections,
    '',
  ].join('\n');
}

if (import.meta.main) {
  const written = process.argv.includes('--check') ? readFileSync(TARGET, 'utf8') : undefined;
  if (written === undefined) writeFileSync(TARGET, errorsDoc());
  else if (written !== errorsDoc()) {
    console.error('docs/errors.md is out of date: run `node scripts/generate/errorsDoc.ts`.');
    process.exitCode = 1;
  }
}
