/** The end of the demo: whether everything is as it should be, for people and for machines. */
import path from 'node:path';
import type { Balances } from './balances.ts';
import { ROOT } from './processes.ts';
import type { Outcome } from './run.ts';
import { exact, type Screen, type StepRecord } from './screen.ts';
import { showBalances } from './table.ts';

export interface Summary {
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly seconds: number;
  readonly steps: readonly StepRecord[];
  readonly results: readonly { readonly model: string; readonly vector: string; readonly within: boolean }[];
  readonly balances: Readonly<Record<string, { readonly before: string; readonly after: string }>>;
  readonly network: Readonly<Record<string, unknown>>;
}

export function report(screen: Screen, outcome: Outcome, seconds: number, keep: boolean): Summary {
  const { answers, before, after, paid, refunded } = outcome;
  showBalances(screen, before, after);
  const problems = problemsOf(outcome);
  const summary = {
    ok: problems.length === 0,
    problems,
    seconds: Math.round(seconds * 10) / 10,
    steps: screen.steps,
    results: answers.map(({ shown, vector, within }) => ({ model: shown.example.name, vector: vector.id, within })),
    balances: Object.fromEntries(
      Object.keys(after.rows).map((name) => [
        name,
        { before: exact(before.rows[name] ?? 0n), after: exact(after.rows[name] ?? 0n) },
      ]),
    ),
    network: networkOf(outcome),
  };
  screen.line();
  for (const problem of problems) screen.line(screen.bad(problem));
  if (summary.ok)
    screen.line(
      screen.good(
        `All as it should be: ${paid} requests paid out, ${refunded} paid back; ${answers.length} results within their cards' tolerance; every sum adds up. ${summary.seconds} s.`,
      ),
    );
  if (keep && summary.ok) showNetwork(screen, outcome);
  else
    screen.line(
      screen.dim(
        'npm start -- --keep leaves the network running. Logs: .data/demo/logs. What happened here: docs/demo.md.',
      ),
    );
  return summary;
}

function problemsOf({ answers, before, after }: Outcome): string[] {
  const wrong = answers
    .filter(({ within }) => !within)
    .map(({ shown, vector }) => `${shown.example.name}, vector ${vector.id}: outside the tolerance of its card.`);
  return [...wrong, ...unequal('before', before), ...unequal('after', after)];
}

function unequal(when: string, { sum, supply, escrow }: Balances): string[] {
  return [
    ...(sum === supply ? [] : [`Balances ${when} sum to ${exact(sum)} OPG, the supply is ${exact(supply)}.`]),
    ...(escrow.held === escrow.owed
      ? []
      : [`Escrow held ${exact(escrow.held)} OPG ${when}, its accounts and requests say ${exact(escrow.owed)}.`]),
  ];
}

function networkOf({ stage }: Outcome) {
  const { local, node, keeper, net, addressesFile } = stage;
  return {
    rpc: local.chain.url,
    storage: local.storage.url,
    node: node.url,
    keeper: keeper.url,
    indexer: local.named('indexer')?.url,
    addresses: net.deployment.addresses,
    addressesFile: path.relative(ROOT, addressesFile),
    keys: path.relative(ROOT, local.keys.folder),
  };
}

function showNetwork(screen: Screen, outcome: Outcome): void {
  const { addresses, ...rest } = networkOf(outcome);
  const row = (name: string, value: string) => screen.line(`  ${name.padEnd(18)}${value}`);
  screen.line();
  screen.line(screen.bold('The network is running; Ctrl-C stops it.'));
  row('chain (JSON-RPC)', `${rest.rpc}, chain ${outcome.stage.net.deployment.chainId}`);
  row('storage node', rest.storage);
  row('inference node', rest.node);
  row('keeper', rest.keeper);
  if (rest.indexer !== undefined) row('indexer', rest.indexer);
  for (const [name, address] of Object.entries(addresses)) if (address !== undefined) row(name, address);
  row('deployment file', rest.addressesFile);
  row('keys', `${rest.keys}/*.key, made for this run: worth nothing anywhere else`);
  screen.line();
  screen.line(screen.bold('In another terminal (README, "A model of your own"):'));
  screen.line("  alias opg='npm run --silent opg --'");
  const indexer = rest.indexer === undefined ? '' : ` --indexer ${rest.indexer}`;
  const places = `--rpc ${rest.rpc} --deployment ${rest.addressesFile} --store ${rest.storage}${indexer}`;
  screen.line(`  opg network use local ${places}`);
  screen.line(`  opg account import me --key-file ${rest.keys}/requester.key`);
  screen.line('  opg model search --text digit');
  screen.line('  opg infer examples/digits-cnn --input models/digits-cnn/vectors/11.json');
}
