/** `opg conformance`: the ONNX project's cases, or a stranger's, through the semantics. */
import { caseNames } from '../../conformance/cases.ts';
import { judge, type Verdict } from '../../conformance/judge.ts';
import { columns, figure } from '../../table.ts';
import { type Command, EXIT, UsageError } from '../command.ts';
import { located, used } from '../files.ts';
import { progress } from '../progress.ts';

export const conformanceCommand: Command = {
  name: 'conformance',
  summary: 'Runs a folder of ONNX backend tests: passed, failed, unsupported, by name.',
  positionals: ['DIR'],
  options: {},
  explained: [],
  finding: 'a case failed',
  run({ positionals: [dir = ''], json }, terminal) {
    const folder = located(dir);
    const names = used(() => caseNames(folder));
    if (names.length === 0)
      throw new UsageError(
        `there is no case in ${dir}: <case>/model.onnx with <case>/test_data_set_<k>/input_<n>.pb and output_<n>.pb`,
      );
    const { tick, end } = progress(terminal);
    const verdicts = names.map((name, done) => {
      tick(done, names.length, name);
      return judge(folder, name);
    });
    end();
    const count = (status: Verdict['status']) => verdicts.filter((verdict) => verdict.status === status).length;
    const [passed, failed, unsupported] = [count('passed'), count('failed'), count('unsupported')];
    const bound = verdicts.filter((verdict) => verdict.status === 'passed' && verdict.bound.length > 0).length;
    terminal.out(
      json
        ? `${JSON.stringify({ ok: failed === 0, passed, failed, unsupported, bound, cases: verdicts })}\n`
        : [
            ...columns([['case', 'verdict', 'worst abs', 'worst rel', ''], ...verdicts.map(row)]),
            '',
            `${names.length} cases: ${passed} passed (${bound} with inputs bound as constants), ${failed} failed, ${unsupported} unsupported`,
            '',
          ].join('\n'),
    );
    return failed === 0 ? EXIT.ok : EXIT.finding;
  },
};

function row({ name, status, bound, worstAbs, worstRel, reason }: Verdict): string[] {
  const notes = [
    ...(reason === undefined ? [] : [reason]),
    ...(bound.length > 0 ? [`bound: ${bound.join(', ')}`] : []),
  ];
  return [name, status, figure(worstAbs), figure(worstRel), notes.join('; ')];
}
