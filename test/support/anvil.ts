import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { JsonRpcProvider, Network, Wallet } from 'ethers';
import { eventually } from './eventually.ts';
import { freePort } from './servers.ts';

/** The first keys of the mnemonic every development chain has ("test test test ... junk"). */
export const KEYS = [
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
  '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6',
] as const;

export const CHAIN_ID = 31337;

/** A development chain in a process of its own that can be reorganised. */
export class Anvil {
  readonly url: string;
  readonly provider: JsonRpcProvider;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    const network = Network.from(CHAIN_ID);
    this.provider = new JsonRpcProvider(url, network, { staticNetwork: network, batchMaxCount: 1, cacheTimeout: -1 });
    this.provider.pollingInterval = 25;
  }

  static async start(...options: string[]): Promise<Anvil> {
    const port = await freePort();
    const binary = path.join(import.meta.dirname, '../../node_modules/.bin/anvil');
    const child = spawn(binary, ['--port', `${port}`, '--silent', ...options], { stdio: 'ignore' });
    const anvil = new Anvil(child, `http://127.0.0.1:${port}`);
    await eventually('anvil answers', () => anvil.send('eth_chainId').then(Boolean, () => child.exitCode !== null));
    return anvil;
  }

  wallet(n: number): Wallet {
    return new Wallet(KEYS[n] as string, this.provider);
  }

  send<T = unknown>(method: string, ...parameters: unknown[]): Promise<T> {
    return this.provider.send(method, parameters);
  }

  async mine(blocks = 1): Promise<void> {
    await this.send('anvil_mine', `0x${blocks.toString(16)}`);
  }

  /** Remembers this point of the chain; `fallBack` returns to it once. */
  mark(): Promise<string> {
    return this.send<string>('evm_snapshot');
  }

  /**
   * Takes back everything since the mark and mines other, empty blocks instead. What was in the old ones is gone until somebody
   * sends it again.
   */
  async fallBack(mark: string, blocks: number): Promise<void> {
    await this.send('evm_revert', mark);
    await this.send('evm_increaseTime', 7);
    await this.mine(blocks);
  }

  async stop(): Promise<void> {
    this.provider.destroy();
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null && this.#child.kill()) await gone;
  }
}
