/** `opg deploy`: the contracts onto a chain, by the same program as `npm run deploy`. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { type Command, text } from '../command.ts';
import { located } from '../files.ts';

const ROOT = path.join(import.meta.dirname, '../../..');

export const deployCommand: Command = {
  name: 'deploy',
  summary: 'Deploys the contracts to a chain and checks their wiring (docs/deploy.md).',
  positionals: ['CHAIN'],
  options: { parameters: { type: 'string' }, 'rpc-url': { type: 'string' } },
  explained: [
    ['--parameters FILE', 'the profile; that of the chain in deploy/parameters without it'],
    ['--rpc-url URL', 'another endpoint than the one of the configuration'],
  ],
  finding: 'it was not deployed, or not whole: what was sent is kept and the same command goes on',
  async run(args, { out }) {
    const [chain = ''] = args.positionals;
    const [file, url] = [text(args, 'parameters'), text(args, 'rpc-url')];
    const options = [
      ...['--network', chain],
      ...(file === undefined ? [] : ['--parameters', located(file)]),
      ...(url === undefined ? [] : ['--rpc-url', url]),
      ...(args.json ? ['--json'] : []),
    ];
    const child = spawn(process.execPath, ['deploy/run.ts', ...options], {
      cwd: ROOT,
      stdio: ['inherit', 'pipe', 'inherit'],
    });
    child.stdout.on('data', (chunk: Buffer) => out(chunk.toString()));
    return await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  },
};
