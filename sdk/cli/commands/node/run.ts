/** `opg node run`: the node's process, from its folder. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Command, UsageError } from '../../command.ts';
import { located } from '../../files.ts';

const MAIN = path.join(import.meta.dirname, '../../../../workers/node/main.ts');

export const runNodeCommand: Command = {
  name: 'node run',
  summary:
    'Runs the inference node of a folder until it is asked to stop; its log goes to stdout, a line of JSON each.',
  positionals: ['FOLDER'],
  options: {},
  explained: [],
  finding: 'a person must act; 75 instead: start it again (docs/workers/node.md)',
  async run(args, { err }) {
    const [folder = ''] = args.positionals;
    const config = path.join(located(folder), 'config.json');
    if (!existsSync(config)) throw new UsageError(`${folder} holds no config.json; opg node init makes one`);
    const child = spawn(process.execPath, [MAIN], { env: { ...process.env, OPG_CONFIG: config }, stdio: 'inherit' });
    const forward = (signal: NodeJS.Signals) => child.kill(signal);
    process.on('SIGTERM', forward).on('SIGINT', forward);
    err(`node of ${folder} runs; Ctrl-C stops it in order\n`);
    return await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)));
  },
};
