/** An assessment for people. */
import { unpackTolerance } from '#core/protocol/publishedTolerance.ts';
import { columns, figure, percent, thousands } from '../table.ts';
import type { Assessment } from './assessment.ts';

export function assessmentTable(assessment: Assessment): string {
  const { outputs, cheats, tolerance, refusals, advice, samples, rejected } = assessment;
  const ways = Object.keys(outputs[0]?.deviations ?? {});
  const refused = rejected > 0 ? `, of which ONNX Runtime refused ${rejected}` : '';
  const promise = tolerance ? unpackTolerance(tolerance) : undefined;
  return [
    `program root   ${assessment.programRoot}`,
    `primitives     ${assessment.operators}, ${thousands(assessment.multiplyAdds)} multiply-adds an item`,
    `samples        ${samples}${refused}`,
    '',
    ...columns([
      ['output', 'is', 'size', ...ways.map((way) => `off, ${way}`), 'equal bits', 'sensitivity'],
      ...outputs.map(({ name, continuity, scale, deviations, equal, sensitivity }) => [
        name,
        continuity,
        figure(scale),
        ...ways.map((way) => figure(deviations[way] ?? 0)),
        percent(equal),
        figure(sensitivity),
      ]),
    ]),
    '',
    promise
      ? `tolerance      atol ${promise.abs.toPrecision(3)}, rtol ${promise.rel.toPrecision(3)}`
      : 'tolerance      none: exact mode only',
    ...refusals.map((reason) => `               ${reason}`),
    ...(cheats.length === 0 ? [] : ['']),
    ...columns([
      ...(cheats.length === 0 ? [] : [['cheat', 'caught', 'over the tolerance at least', 'median']]),
      ...cheats.map(({ name, caught, least, median }) => [name, percent(caught), times(least), times(median)]),
    ]),
    ...advice.map((sentence) => `advice: ${sentence}`),
  ].join('\n');
}

const times = (overshoot: number): string => `${overshoot < 10 ? overshoot.toFixed(2) : overshoot.toFixed(0)} x`;
