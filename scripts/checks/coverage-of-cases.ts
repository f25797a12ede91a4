// Everything that is numbered or named as something to try is tried by a test that has it in its title, or has a written reason in
// test/attacks/README.md why there is nothing to try it on: the attacks and scenarios of docs/spec/request-lifecycle.md, the scenarios of
// docs/spec/challenge-game.md ("dispute N"), the published cases and the traps.
import { conclude, files, read } from './tree.ts';

const REASONS = 'test/attacks/README.md';
const KINDS = [
  { kind: 'attack', count: 51, from: 'docs/spec/request-lifecycle.md' },
  { kind: 'scenario', count: 40, from: 'docs/spec/request-lifecycle.md' },
  { kind: 'dispute', count: 41, from: 'docs/spec/challenge-game.md' },
  { kind: 'case', count: 75, from: REASONS },
] as const;

/** A test's title is the first argument of `it`, in any quotes; it may begin with several cases: "attack 4, attack 6: ...". */
const TITLES = /\bit\(\s*(['"`])(.*?)\1/gs;

const tests = files(['.ts', '.sol'], 'test').filter((file) => /\.(test\.ts|t\.sol)$/.test(file));
const heads = tests.flatMap((file) =>
  [...read(file).matchAll(TITLES)].map(([, , title]) => title?.split(':')[0] ?? ''),
);

/** The rows of a section's table: what is in the first column, and in the last, if that is a reason. */
function rowsOf(section: string): { readonly names: string[]; readonly reason: boolean }[] {
  const text = read(REASONS).split(`\n## ${section}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...text.matchAll(/^\| *([^|]+?) *\|(?:.*\|)? *([^|]+?) *\|$/gm)]
    .filter(([, first]) => first !== '#' && first !== 'trap' && !/^-+$/.test(first ?? ''))
    .map(([, first, last]) => ({
      names: (first ?? '').split(', '),
      reason: /^(does not apply|not yet): \S/.test(last ?? ''),
    }));
}

const findings: string[] = [];
const cases = rowsOf('Published cases');
const excused = new Set(cases.filter(({ reason }) => reason).flatMap(({ names }) => names));
for (const { kind, count, from } of KINDS) {
  const tried = new Set(
    heads.flatMap((head) =>
      [...head.matchAll(new RegExp(`\\b${kind} (\\d+)`, 'g'))].map(([, number]) => Number(number)),
    ),
  );
  for (let number = 1; number <= count; number++)
    if (!tried.has(number) && !(kind === 'case' && excused.has(String(number))))
      findings.push(`${from}: no test has "${kind} ${number}:" at the head of its title`);
  for (const number of tried)
    if (number < 1 || number > count) findings.push(`a test tries ${kind} ${number}, which ${from} does not have`);
}

const listed = new Set(cases.flatMap(({ names }) => names));
for (let number = 1; number <= 75; number++)
  if (!listed.has(String(number))) findings.push(`${REASONS}: case ${number} is not in the table of published cases`);

const traps = rowsOf('Traps');
const sprung = heads.flatMap((head) => [...head.matchAll(/\btrap ([^,]+)/g)].map(([, name]) => name ?? ''));
for (const { names, reason } of traps)
  for (const name of names)
    if (!reason && !sprung.includes(name))
      findings.push(`${REASONS}: no test has "trap ${name}:" at the head of its title`);
const named = traps.flatMap(({ names }) => names);
for (const name of sprung)
  if (!named.includes(name)) findings.push(`a test tries the trap "${name}", which ${REASONS} does not list`);

conclude(
  findings,
  `Write the test, give the one that tries it the number, or write the reason ("does not apply: ...") into ${REASONS}.`,
  `all ${KINDS.map(({ kind, count }) => `${count} ${kind}s`).join(', ')} and ${named.length} traps have tests or reasons`,
);
