/** What a person sees: a line per step with its gas, OPG and milliseconds, written as it happens. */

export interface Cost {
  readonly gas?: bigint;
  /** Wei that changed hands in this step. */
  readonly opg?: bigint;
}

export interface ScreenOptions {
  readonly out: { write(text: string): unknown };
  /** A terminal, whose line can be written again. */
  readonly interactive: boolean;
  readonly colour: boolean;
}

export interface StepRecord {
  readonly step: string;
  readonly gas?: string;
  readonly opg?: string;
  readonly ms: number;
}

const LABEL = 64;
const GAS = 12;
const OPG_WIDTH = 10;
const MS = 9;
const WHOLE = 10n ** 18n;
/** A step that takes longer shows that it is alive. */
const ALIVE_MS = 1_000;

export class Screen {
  readonly steps: StepRecord[] = [];
  readonly #options: ScreenOptions;

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  line(text = ''): void {
    this.#options.out.write(`${text}\n`);
  }

  bold = (text: string): string => this.#paint(1, text);
  dim = (text: string): string => this.#paint(2, text);
  good = (text: string): string => this.#paint(32, text);
  bad = (text: string): string => this.#paint(31, text);

  section(title: string): void {
    const heads = `${'gas'.padStart(GAS)}${'OPG'.padStart(OPG_WIDTH)}${'ms'.padStart(MS)}`;
    this.line();
    this.line(`${this.bold(title.padEnd(LABEL + 2))}${this.dim(heads)}`);
  }

  /** Does the work and writes its line: first what is done, then what it took. */
  async step<T>(label: string, work: () => Promise<T>, cost: (result: T) => Cost = () => ({})): Promise<T> {
    const { out, interactive } = this.#options;
    const start = performance.now();
    const elapsed = () => Math.round(performance.now() - start);
    const head = `  ${label.padEnd(LABEL)}`;
    out.write(head);
    const alive = interactive
      ? setInterval(() => out.write(`\r${head}${this.dim(`${Math.round(elapsed() / 1000)} s ...`)}\x1b[K`), ALIVE_MS)
      : undefined;
    try {
      const result = await work();
      clearInterval(alive);
      const { gas, opg } = cost(result);
      const ms = elapsed();
      this.steps.push({
        step: label,
        ...(gas === undefined ? {} : { gas: gas.toString() }),
        ...(opg === undefined ? {} : { opg: exact(opg) }),
        ms,
      });
      const numbers = `${thousands(gas).padStart(GAS)}${(opg === undefined ? '' : exact(opg)).padStart(OPG_WIDTH)}${thousands(BigInt(ms)).padStart(MS)}`;
      out.write(`${interactive ? `\r${head}` : ''}${numbers}${interactive ? '\x1b[K' : ''}\n`);
      return result;
    } catch (error) {
      clearInterval(alive);
      out.write(`${interactive ? `\r${head}` : ''}${this.bad('  failed')}${interactive ? '\x1b[K' : ''}\n`);
      throw error;
    }
  }

  #paint(code: number, text: string): string {
    return this.#options.colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}

function thousands(value: bigint | undefined): string {
  return value === undefined ? '' : value.toLocaleString('en-US');
}

/** Wei as OPG, all places that are not zero, at least `places` of them. */
export function exact(wei: bigint, places = 0): string {
  const size = wei < 0n ? -wei : wei;
  const fraction = (size % WHOLE).toString().padStart(18, '0').replace(/0+$/, '').padEnd(places, '0');
  return `${wei < 0n ? '-' : ''}${thousands(size / WHOLE)}${fraction === '' ? '' : `.${fraction}`}`;
}
