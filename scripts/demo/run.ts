/** The demo: a network comes up, serves paid requests for real models, pays everybody, and shows that the sums add up. */
import { allow, depositWithPermit, request, requestBundle, requestMany } from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { type Answer, alone, answersTo, ask } from './asking.ts';
import { type Balances, balances } from './balances.ts';
import type { LocalNetwork } from './localNetwork.ts';
import type { Vector } from './models.ts';
import { openNode, show } from './publishing.ts';
import type { Screen } from './screen.ts';
import { collect, paidBack, paidOut } from './settling.ts';
import { showDigit, showNumbers } from './showing.ts';
import { OPG, type Shown, type Stage } from './stage.ts';

/** Seconds. Long enough to be seen, short enough to be waited for; a public network has hours. */
const CHALLENGE_SECONDS = 3;
const TIP_DELAY_SECONDS = 1;
const UNSERVED_SECONDS = 4;

const MILLI = OPG / 1_000n;
/** With 5 % for the protocol and half a percent for the keeper, the fees are 2, 1 and 0.5 OPG an item. */
const PRICES = {
  'digits-cnn': { royalty: 90n * MILLI, price: 1_800n * MILLI },
  'breast-cancer-mlp': { royalty: 45n * MILLI, price: 900n * MILLI },
  'volatility-forecaster': { royalty: (225n * MILLI) / 10n, price: 450n * MILLI },
};

export interface Outcome {
  readonly answers: readonly Answer[];
  readonly before: Balances;
  readonly after: Balances;
  readonly stage: Stage;
  /** Requests that ended one way and the other. */
  readonly paid: number;
  readonly refunded: number;
}

export async function runDemo(local: LocalNetwork, screen: Screen): Promise<Outcome> {
  const stage = await raise(local, screen);
  const { accounts, faucet } = stage;

  screen.section('Models and the node');
  const digits = await show(stage, 'digits-cnn', PRICES['digits-cnn']);
  const cancer = await show(stage, 'breast-cancer-mlp', PRICES['breast-cancer-mlp']);
  const volatility = await show(stage, 'volatility-forecaster', PRICES['volatility-forecaster']);
  const models = [digits, cancer, volatility];
  await screen.step('inference node (ONNX Runtime) and keeper: started', () => stage.started);
  await openNode(
    stage,
    new Map(models.map(({ version, example }) => [version, PRICES[example.name as keyof typeof PRICES].price])),
  );

  const { requester, node, keeper, owner, treasury } = accounts;
  const holders = {
    parties: {
      requester: requester.address,
      node: node.address,
      'model owner': owner.address,
      protocol: treasury.address,
      keeper: keeper.address,
      'everybody else': faucet.address,
    },
    models: models.map(({ model }) => model),
  };
  await transact(faucet, await faucet.token.transfer.populateTransaction(requester.address, 20n * OPG));
  const before = await balances(stage.net, holders);

  screen.section('Requests');
  await screen.step(
    'requester deposits 10 OPG and allows 5 more to be pulled',
    async () => {
      const done = await depositWithPermit(requester, 10n * OPG);
      await allow(requester, 5n * OPG);
      return done;
    },
    ({ receipt }) => ({ gas: receipt.gasUsed, opg: 10n * OPG }),
  );
  const at = accounts.node.address;
  const [picture] = pick(digits, '11');
  const digit = await ask(stage, 'one picture for digits-cnn, out of the deposit', () =>
    alone(request(requester, { version: digits.version, node: at, pay: 'balance' }, picture?.inputs ?? {})),
  );
  const samples = pick(cancer, '00', '02', '08', '09');
  const bundle = await ask(stage, 'four samples for breast-cancer-mlp as a bundle, pulled by allowance', () =>
    alone(
      requestBundle(
        requester,
        { version: cancer.version, node: at, pay: 'allowance' },
        samples.map(({ inputs }) => inputs),
      ),
    ),
  );
  const classified = await answersTo(stage, digits, digit, pick(digits, '11'));
  const diagnosed = await answersTo(stage, cancer, bundle, samples);
  for (const answer of classified) showDigit(screen, answer);
  showNumbers(screen, 'p_malignant', diagnosed, (value) => value.toFixed(8));

  screen.section('Payment');
  await paidOut(stage, 'digits-cnn: nobody objected, finalised by the node', digit);
  await paidOut(stage, 'breast-cancer-mlp: finalised by the node', bundle);

  screen.section('The node goes off: the keeper carries on');
  const paths = pick(volatility, '00', '06', '13');
  const series = await ask(stage, 'three series for volatility-forecaster in one transaction', () =>
    requestMany(
      requester,
      { version: volatility.version, node: at },
      paths.map(({ inputs }) => inputs),
    ),
  );
  const forecast = await answersTo(stage, volatility, series, paths);
  await screen.step('the node is told to stop, and does', () => stage.node.stop());
  const unserved = await ask(stage, `another picture, with ${UNSERVED_SECONDS} s to the deadline`, () =>
    alone(
      request(
        requester,
        { version: digits.version, node: at, deadlineSeconds: UNSERVED_SECONDS, reservedSeconds: UNSERVED_SECONDS },
        picture?.inputs ?? {},
      ),
    ),
  );
  showNumbers(screen, 'volatility', forecast, (value) => value.toFixed(8));
  screen.line();
  await paidOut(stage, 'volatility-forecaster: finalised by the keeper, for the tip', series);
  await paidBack(stage, 'the unserved picture: paid back by the keeper', unserved);
  await collect(stage, models);

  const after = await balances(stage.net, holders);
  const paid = [...digit, ...bundle, ...series].length;
  const answers = [...classified, ...diagnosed, ...forecast];
  return { answers, before, after, stage, paid, refunded: unserved.length };
}

/** Starts every process. */
async function raise(local: LocalNetwork, screen: Screen): Promise<Stage> {
  await screen.step('chain: Hardhat, in memory, two blocks a second', () => local.chain.start());
  const deployed = await screen.step(
    'contracts: deployed and their wiring checked',
    () => local.deploy({ challengeBaseSeconds: CHALLENGE_SECONDS, tipDelaySeconds: TIP_DELAY_SECONDS }),
    ({ gas }) => ({ gas }),
  );
  await screen.step('storage node: keeps files by their sha256', () => local.storage.start());
  const node = local.node(deployed);
  const keeper = local.keeper(deployed);
  // They start while models are published.
  const started = Promise.all([node.start(), keeper.start()]);
  started.catch(() => {});
  return { ...deployed, screen, local, node, keeper, started };
}

function pick({ example }: Shown, ...ids: readonly string[]): readonly Vector[] {
  return ids.map((id) => {
    const found = example.vectors.find((vector) => vector.id === id);
    if (found === undefined) throw new Error(`${example.name} has no vector ${id}.`);
    return found;
  });
}
