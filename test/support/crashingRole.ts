/** A verifier or a node that kills itself where CRASH_AT says (crashPoints.ts), as a process of its own; nowhere without it. */
import { runNode } from '../../workers/node/wiring.ts';
import { runVerifier } from '../../workers/verifier/wiring.ts';
import { crashing } from './crashPoints.ts';

// Mocha reads every file under test/; only a process of its own runs this one.
if (import.meta.main) {
  const point = process.env['CRASH_AT'] ?? '';
  const twist = () => ({ durable: (ports: Parameters<typeof crashing>[0]) => crashing(ports, point) });
  process.exit(await (process.env['CRASH_ROLE'] === 'node' ? runNode('node', twist) : runVerifier('verifier', twist)));
}
