/** The samples of a soak as one SVG: memory, handles, disk and lag of each role over time, and below them what happened. */
import type { Sample } from './samples.ts';
import { label, type Scheduled } from './weather.ts';

interface Panel {
  readonly title: string;
  readonly value: (sample: Sample) => number | undefined;
}

const PANELS: readonly Panel[] = [
  { title: 'resident memory, MiB', value: ({ residentMiB }) => residentMiB },
  { title: 'open file handles', value: ({ handles }) => handles },
  { title: 'disk (journal, queue, caches), MiB', value: ({ diskMiB }) => diskMiB },
  { title: 'blocks behind the chain', value: ({ lagBlocks }) => lagBlocks },
];
const COLOURS = ['#2563eb', '#d97706', '#059669', '#db2777', '#7c3aed', '#475569', '#dc2626'];
const [WIDTH, LEFT, RIGHT, HEIGHT, GAP, TOP] = [900, 60, 20, 150, 44, 40];
const INNER = WIDTH - LEFT - RIGHT;

export function picture(samples: readonly Sample[], blows: readonly Scheduled[]): string {
  const seconds = Math.max(1, ...samples.map(({ at }) => at));
  const roles = [...new Set(samples.map(({ role }) => role))];
  const x = (at: number) => LEFT + (INNER * at) / seconds;
  const bottom = TOP + PANELS.length * (HEIGHT + GAP);
  const parts = [
    ...roles.map((role, i) => {
      const at = LEFT + i * 110;
      return `<rect x="${at}" y="10" width="12" height="12" fill="${colour(i)}"/>${words(at + 18, 20, role)}`;
    }),
    ...PANELS.map((panel, i) => drawn(panel, samples, roles, x, TOP + i * (HEIGHT + GAP))),
    ...blows.map(({ atMs, blow }) => {
      const at = x(Math.min(seconds, atMs / 1000));
      return `<line x1="${f(at)}" x2="${f(at)}" y1="${bottom}" y2="${bottom + 12}" stroke="#dc2626"><title>${escaped(label(blow))}</title></line>`;
    }),
    words(LEFT, bottom + 28, `faults (${blows.length}); time in minutes`),
    ...ticks(seconds / 60)
      .map((minute) => words(x(minute * 60), bottom + 28, `${minute}`, 'middle'))
      .slice(1),
  ];
  const height = bottom + 40;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function drawn(
  { title, value }: Panel,
  samples: readonly Sample[],
  roles: readonly string[],
  x: (at: number) => number,
  top: number,
): string {
  const most = Math.max(1, ...samples.map((sample) => value(sample) ?? 0));
  const y = (of: number) => top + HEIGHT - (HEIGHT * of) / most;
  const scale = ticks(most).map(
    (of) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${f(y(of))}" y2="${f(y(of))}" stroke="#e2e8f0"/>${words(LEFT - 6, y(of) + 4, `${of}`, 'end')}`,
  );
  const lines = roles.map((role, i) => {
    const points = samples
      .filter((sample) => sample.role === role)
      .flatMap((sample) => {
        const of = value(sample);
        return of === undefined ? [] : [`${f(x(sample.at))},${f(y(of))}`];
      });
    return points.length === 0
      ? ''
      : `<polyline fill="none" stroke="${colour(i)}" stroke-width="1.2" points="${points.join(' ')}"/>`;
  });
  return [words(LEFT, top - 8, title), ...scale, ...lines].join('\n');
}

/** Round numbers from 0 to `most`, about five. */
function ticks(most: number): number[] {
  const raw = most / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw) ?? raw;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

const f = (value: number) => value.toFixed(1);
const colour = (i: number) => COLOURS[i % COLOURS.length] ?? '#000000';
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const words = (x: number, y: number, text: string, anchor = 'start') =>
  `<text x="${f(x)}" y="${f(y)}" text-anchor="${anchor}" fill="#1e293b">${escaped(text)}</text>`;
