import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { RpcFault } from './faults.ts';
import type { Order, Told } from './proxy.ts';

/** What a proxy did between two orders. */
export interface Deeds {
  readonly calls: number;
  /** By fault. */
  readonly injected: Readonly<Record<string, number>>;
}

/** Several ways to one chain node, in a process of their own, each of which can be made to fail or lie. */
export class Proxies {
  readonly urls: readonly string[];
  readonly #child: ChildProcess;
  readonly #seed: number;

  private constructor(child: ChildProcess, urls: readonly string[], seed: number) {
    this.#child = child;
    this.urls = urls;
    this.#seed = seed;
  }

  static async start(target: string, count: number, seed: number): Promise<Proxies> {
    const child = fork(path.join(import.meta.dirname, 'proxy.ts'), [target, `${count}`]);
    const [told] = (await once(child, 'message')) as [Told];
    return new Proxies(child, 'urls' in told ? told.urls : [], seed);
  }

  /** From now on the port `at` has these faults; none = it is honest. Tells what it did before. */
  async order(at: number, ...faults: readonly RpcFault[]): Promise<Deeds> {
    const answered = once(this.#child, 'message');
    this.#child.send({ at, faults, seed: this.#seed } satisfies Order);
    const [told] = (await answered) as [Told & Deeds];
    return told;
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }
}
