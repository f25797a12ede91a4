import { runVerifier } from './wiring.ts';

process.exit(await runVerifier('verifier'));
