/**
 * Records test/vectors/disputes/*.json from a network of processes, and what `opg dispute check` prints of them in docs/disputes.md. To be run when
 * the program root of digits-cnn, an event or an id changes: `node scripts/generate/disputeBundles.ts`. Two minutes.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { opg } from '../../sdk/cli/main.ts';
import { runDisputes } from '../demo/disputes.ts';
import { LocalNetwork } from '../demo/localNetwork.ts';
import { Screen } from '../demo/screen.ts';

const FOLDER = 'test/vectors/disputes';
const PAGE = 'docs/disputes.md';
const MODEL = 'models/digits-cnn/model.onnx';
/** The first one: it reads the input and weights. */
const OPERATOR = 0;

async function run(...argv: string[]): Promise<string> {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  const code = await opg(argv, { out: write, err: write, interactive: false });
  if (code !== 0) throw new Error(`opg ${argv.join(' ')} ends with ${code}:\n${text}`);
  return text;
}

const screen = new Screen({ out: process.stdout, interactive: false, colour: false });
const directory = path.resolve(`.data/bundles-${process.pid}`);
const local = new LocalNetwork(directory);
try {
  const { requests } = await runDisputes(local, screen, OPERATOR);
  const addresses = path.join(directory, 'addresses');
  const deployment = path.join(addresses, readdirSync(addresses)[0] as string);
  let page = readFileSync(PAGE, 'utf8');
  for (const [name, request] of [
    ['refuted', requests.right],
    ['condemned', requests.wrong],
  ] as const) {
    const bundle = `${FOLDER}/${name}.json`;
    const known = ['--deployment', deployment, '--rpc', local.chain.url, '--model', MODEL];
    await run('dispute', 'replay', request, ...known, '--bundle', bundle);
    const shown = await run('dispute', 'check', bundle, '--model', MODEL);
    const command = `$ npm run opg -- dispute check ${bundle} --model ${MODEL}\n`;
    const from = page.indexOf(command) + command.length;
    if (from < command.length) throw new Error(`${PAGE} does not show ${bundle}`);
    page = `${page.slice(0, from)}${shown}${page.slice(page.indexOf('```', from))}`;
  }
  writeFileSync(PAGE, page);
} finally {
  await local.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.exit();
