import { RESULT_FAULTS, SILENCES } from '#ports/faults.ts';
import { runNode } from '../node/wiring.ts';
import { silenced } from '../verifier/silence.ts';
import { Falsifier } from './falsifier.ts';
import { hushed } from './hushed.ts';

const HELP = `A node that cheats: for testnets, which should show that it is slashed. Never run it with stake you want to keep.
It is configured as a node is (docs/workers/configuration.md), and by the section faults (docs/workers/faults.md):

  OPG_FAULT_RESULTS       one after another for its results: ${RESULT_FAULTS.join(', ')}
  OPG_FAULT_MODEL         the ONNX file of the fault model
  OPG_FAULT_SILENT        what is not done: ${SILENCES.join(', ')}
  OPG_FAULT_SILENT_AFTER  pieces of a dispute after which that begins`;

if (process.argv.includes('--help')) {
  console.log(HELP);
  process.exit(0);
}

/** Results are falsified after the node has held them against the reference, just before it commits itself. */
const code = await runNode('cheat', ({ faults }, { journal, models, signal, log }) => {
  const falsifier = new Falsifier({ journal, models, results: faults.results, other: faults.model, signal, log });
  return {
    replace: (result) => falsifier.replace(result),
    sending: (dispatcher) => hushed(dispatcher, faults.silent),
    playing: (moves) => silenced(moves, faults),
    withholds: faults.silent.has('deliver'),
  };
});
process.exit(code);
