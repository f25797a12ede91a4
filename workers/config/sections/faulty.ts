import { RESULT_FAULTS, type ResultFault, SILENCES } from '#ports/faults.ts';
import { list, text, whole } from '../leaf.ts';
import { section } from '../section.ts';

const oneOf = (names: readonly string[]) => new RegExp(`^(${names.join('|')})$`);

/** What the faulty roles for testnets do wrong. */
export const faults = section(
  {
    results: list({
      of: `${RESULT_FAULTS.join(', ')}`,
      pattern: oneOf(RESULT_FAULTS),
      env: 'OPG_FAULT_RESULTS',
      fallback: 'weight',
      about: 'what a cheating node gives, one after another for its results and then from the beginning again',
      example: 'right,right,weight',
    }),
    model: text({
      kind: 'a path',
      env: 'OPG_FAULT_MODEL',
      fallback: null,
      about: 'the ONNX file of the fault model; the same model with each of its weights in reverse order if absent',
      example: '/srv/models/other.onnx',
    }),
    silent: list({
      of: SILENCES.join(', '),
      pattern: oneOf(SILENCES),
      env: 'OPG_FAULT_SILENT',
      fallback: '',
      about: 'what is not done at all, or not any more',
      example: 'answer',
    }),
    silentAfter: whole({
      min: 0,
      max: 1000,
      env: 'OPG_FAULT_SILENT_AFTER',
      fallback: '0',
      about: 'pieces of each dispute that were demanded (for answers: answered) before the silence about it begins',
      example: '1',
    }),
    operator: whole({
      min: 0,
      max: 1_000_000,
      env: 'OPG_FAULT_OPERATOR',
      fallback: null,
      about: 'where the trace of a liar lies: the number of an operator; the last one if absent',
      example: '0',
    }),
  },
  ({ results, silent, ...rest }) => ({
    ...rest,
    results: (results.length === 0 ? ['right'] : results) as readonly ResultFault[],
    silent: new Set(silent),
  }),
);
