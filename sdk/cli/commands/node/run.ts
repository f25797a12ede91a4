/** `opg node run`: the node's process, from its folder. */
import type { Command } from '../../command.ts';
import { configurationFile } from '../../nodeFolder.ts';

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
    process.env['OPG_CONFIG'] = configurationFile(folder);
    // Loaded here alone: it brings the whole of the workers.
    const { runNode } = await import('../../../../workers/node/wiring.ts');
    // Whoever started this is gone, however that went.
    const orphaned = () => process.kill(process.pid, 'SIGTERM');
    process.once('disconnect', orphaned);
    process.channel?.unref();
    err(`node of ${folder} runs; Ctrl-C stops it in order\n`);
    try {
      return await runNode('node');
    } finally {
      process.off('disconnect', orphaned);
    }
  },
};
