// Every attack and every scenario that docs/spec/request-lifecycle.md numbers is tried by a test that has the number in its title.
import { conclude, files, read } from './tree.ts';

const SPEC = 'docs/spec/request-lifecycle.md';
const KINDS = [
  { kind: 'attack', count: 51 },
  { kind: 'scenario', count: 40 },
] as const;

/** A test's title is the first argument of `it`, in any quotes; it may begin with several cases: "attack 4, attack 6: ...". */
const TITLES = /\bit\(\s*(['"`])(.*?)\1/gs;

const tests = files(['.ts', '.sol'], 'test').filter((file) => /\.(test\.ts|t\.sol)$/.test(file));
const titles = tests.flatMap((file) => [...read(file).matchAll(TITLES)].map(([, , title]) => title ?? ''));

const findings: string[] = [];
for (const { kind, count } of KINDS) {
  const tried = new Set(
    titles.flatMap((title) => {
      const [cases = ''] = title.split(':');
      return [...cases.matchAll(new RegExp(`\\b${kind} (\\d+)`, 'g'))].map(([, number]) => Number(number));
    }),
  );
  for (let number = 1; number <= count; number++)
    if (!tried.has(number)) findings.push(`${SPEC}: no test has "${kind} ${number}:" at the head of its title`);
  for (const number of tried)
    if (number < 1 || number > count) findings.push(`a test tries ${kind} ${number}, which ${SPEC} does not have`);
}

conclude(
  findings,
  'Write the test, or give the one that tries it the number.',
  `all ${KINDS.map(({ kind, count }) => `${count} ${kind}s`).join(' and ')} have tests`,
);
