/** Disputes as text for people: one line per open item, the most urgent first. Pure. */
import { ofChallenge } from './alarms.ts';
import type { Standing } from './standing.ts';
import type { Turn } from './turn.ts';

const HEAD = ['request', 'challenge', 'verdict', 'move', 'by', 'left', 'bond', 'fees', 'alarms'];
const WEI_PLACES = 10n ** 14n;

export interface Sight {
  readonly block: number | undefined;
  readonly now: number;
  readonly disputes: readonly Standing[];
}

export function tableOf({ block, now, disputes }: Sight): string {
  const lines = disputes.flatMap((standing) => rowsOf(standing, now)).sort((a, b) => a.urgency - b.urgency);
  const title =
    block === undefined
      ? 'No block was looked at yet.'
      : `${disputes.length} disputed requests at block ${block}, ${utc(now)}; amounts in OPG`;
  return `${[title, '', ...(lines.length === 0 ? ['Nothing is open.'] : aligned([HEAD, ...lines.map(({ cells }) => cells)]))].join('\n')}\n`;
}

function rowsOf(standing: Standing, now: number): { urgency: number; cells: string[] }[] {
  const request = short(standing.request);
  const challenges = standing.challenges.map((challenge) => {
    const { turn, left, verdict, bond, demands, id } = challenge;
    const fees = demands.reduce((sum, { fee }) => sum + fee, 0n);
    const alarms = ofChallenge(challenge, standing.responseSeconds, now).join(' ');
    return row(turn, left, [request, short(id), verdict], [opg(bond), opg(fees), alarms]);
  });
  const outputs = standing.outputDemands.map(({ turn, left, id, fee, verdict }) =>
    row(turn, left, [request, `output ${short(id)}`, verdict], ['-', opg(fee), '']),
  );
  const { pot, reclaimable } = standing;
  const pots = pot
    ? [
        {
          urgency: pot.left,
          cells: [
            request,
            '-',
            '-',
            'claimPot',
            'anyone',
            pot.left === 0 ? 'now' : `in ${duration(pot.left)}`,
            opg(pot.amount),
            '-',
            '',
          ],
        },
      ]
    : [];
  const fees = reclaimable.map(({ id, fee }) => ({
    urgency: Number.MAX_SAFE_INTEGER,
    cells: [request, `demand ${short(id)}`, '-', 'reclaim', 'anyone', 'now', '-', opg(fee), ''],
  }));
  return [...challenges, ...outputs, ...pots, ...fees];
}

function row({ move, by }: Turn, left: number | undefined, names: string[], rest: string[]) {
  return { urgency: left ?? 0, cells: [...names, move, by, left === undefined ? 'now' : duration(left), ...rest] };
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, c) => Math.max(...rows.map((cells) => cells[c]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, c) => cell.padEnd(widths[c] as number))
      .join('  ')
      .trimEnd(),
  );
}

const short = (id: string) => `${id.slice(0, 10)}…${id.slice(-4)}`;
const utc = (seconds: number) => `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** Four places, rounded down. */
function opg(wei: bigint): string {
  const tenThousandths = wei / WEI_PLACES;
  return `${tenThousandths / 10_000n}.${String(tenThousandths % 10_000n).padStart(4, '0')}`;
}

export function duration(seconds: number): string {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
