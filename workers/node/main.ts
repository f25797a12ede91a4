import { runNode } from './wiring.ts';

process.exit(await runNode('node'));
