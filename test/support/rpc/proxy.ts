/** A process between workers and their chain node: some ports, each with its own faults. Its parent tells it which. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Seeded } from '../seeded.ts';
import { type Answer, type Call, choices, type RpcFault, twistOf } from './faults.ts';

/** From the parent: faults of the port `at` from now on. */
export interface Order {
  readonly at: number;
  readonly faults: readonly RpcFault[];
  readonly seed: number;
}

/** To the parent: where the ports are, or what was done at one of them since its last order. */
export type Told =
  | { readonly urls: readonly string[] }
  | { readonly at: number; readonly calls: number; readonly injected: Readonly<Record<string, number>> };

class Port {
  readonly #target: string;
  #faults: readonly RpcFault[] = [];
  #random: Seeded = choices(0, 0);
  #calls = 0;
  #injected: Record<string, number> = {};

  constructor(target: string) {
    this.#target = target;
  }

  /** Answers what was done until now. */
  order({ at, faults, seed }: Order): Told {
    const told = { at, calls: this.#calls, injected: this.#injected };
    this.#faults = faults;
    this.#random = choices(seed, at);
    this.#calls = 0;
    this.#injected = {};
    return told;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = JSON.parse(await bodyOf(request)) as Call;
    this.#calls++;
    const struck = this.#faults.filter(({ share = 1 }) => share >= 1 || this.#random.int(1_000) < share * 1_000);
    const lost = struck.find((fault) => fault.kind === 'drop' && (fault.methods?.includes(call.method) ?? true));
    if (lost?.kind === 'drop' && !lost.after) return this.#drop(response);
    for (const fault of struck) if (fault.kind === 'delay') await this.#wait(fault.ms);
    const status = struck.find((fault) => fault.kind === 'status');
    if (status?.kind === 'status') return this.#refuse(response, status.status, status.retryAfter);
    const answer = await this.#answer(call, struck);
    if (lost) return this.#drop(response);
    const text = JSON.stringify({ jsonrpc: '2.0', ...answer, id: call.id });
    const cut = struck.some(({ kind }) => kind === 'truncate');
    if (cut) this.#count('truncate');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(cut ? text.slice(0, text.length / 2) : text);
  }

  async #answer(call: Call, struck: readonly RpcFault[]): Promise<Answer> {
    const other = struck.find((fault) => fault.kind === 'otherChain');
    if (other) this.#count('otherChain');
    const target = other?.kind === 'otherChain' ? other.url : this.#target;
    const forward = (asked: Omit<Call, 'id'>) => forwarded(target, asked);
    for (const fault of struck) {
      const twisted = twistOf(fault)({ call, random: this.#random, forward }, () => forward(call));
      if (twisted === undefined) continue;
      this.#count(fault.kind);
      return await twisted;
    }
    return await forward(call);
  }

  #drop(response: ServerResponse): void {
    this.#count('drop');
    response.destroy();
  }

  async #wait(ms: number): Promise<void> {
    this.#count('delay');
    await sleep(ms);
  }

  #refuse(response: ServerResponse, status: number, retryAfter: string | undefined): void {
    this.#count(`status ${status}`);
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
    response.end('no');
  }

  #count(kind: string): void {
    this.#injected[kind] = (this.#injected[kind] ?? 0) + 1;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function forwarded(url: string, { method, params }: Omit<Call, 'id'>): Promise<Answer> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return (await answer.json()) as Answer;
}

// Mocha reads every file under test/; only a process of its own runs this one.
if (import.meta.main) {
  const [target = '', count = '1'] = process.argv.slice(2);
  const ports = Array.from({ length: Number(count) }, () => new Port(target));
  const tell = (told: Told) => process.send?.(told);
  const urls = await Promise.all(
    ports.map(async (port) => {
      const server = createServer((request, response) => {
        port.serve(request, response).catch(() => response.destroy());
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }),
  );
  process.on('message', (order: Order) => tell(ports[order.at]?.order(order) as Told));
  process.on('disconnect', () => process.exit(0));
  tell({ urls });
}
