/** A local network for stories about disputes: a published classifier, and a node that answers what a story likes, without computing. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodeTensor } from '#core/commitment/elements.ts';
import { toHex } from '#core/hex.ts';
import { itemFrom } from '#core/protocol/rows.ts';
import { hashesOf, parseSchema } from '#core/protocol/schema.ts';
import { packTerms } from '#core/protocol/terms.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import type { Tensor } from '#core/tensor.ts';
import { type Deployed, LocalNetwork } from '../../scripts/demo/localNetwork.ts';
import { exampleModel, type Vector } from '../../scripts/demo/models.ts';
import { upload } from '../../scripts/demo/publishing.ts';
import {
  type Asked,
  type AskedOne,
  createModel,
  deposit,
  publish,
  request,
  requestBundle,
  stake,
} from '../../sdk/index.ts';
import { assess } from '../../sdk/publishing/assess.ts';
import { transact } from '../../sdk/transact.ts';

const OPG = 10n ** 18n;
const STAKE = 1_000n * OPG;

export class DisputedNetwork {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'opg-dispute-'));
  readonly local = new LocalNetwork(this.directory);
  readonly model = exampleModel('digits-cnn');
  deployed!: Deployed;
  #version!: Awaited<ReturnType<typeof publish>>['version'];
  #exact!: Awaited<ReturnType<typeof publish>>['version'];
  /** The right outputs for the first picture. */
  reference!: readonly Tensor[];

  async start(clocks: Parameters<LocalNetwork['deploy']>[0]): Promise<void> {
    const { local, model } = this;
    const onnx = readFileSync(model.file);
    await Promise.all([local.chain.start(), local.storage.start()]);
    this.deployed = await local.deploy(clocks);
    const { accounts, faucet } = this.deployed;
    for (const account of [accounts.requester, accounts.cheat, accounts.verifier, accounts.liar]) {
      await transact(faucet, await faucet.token.transfer.populateTransaction(account.address, 10n * STAKE));
      await deposit(account, 2n * STAKE);
    }
    await stake(accounts.cheat, STAKE);
    const input = this.picture(0);
    const assessment = await assess(onnx, model.card, { samples: [input], generate: 2 });
    const uri = await upload(local.storage.url, onnx);
    const { model: id } = await createModel(accounts.owner, 'acme', 'digits');
    const publication = { model: id, onnx, card: model.card, uris: [uri], assessment };
    this.#version = (await publish(accounts.owner, publication)).version;
    this.#exact = (await publish(accounts.owner, { ...publication, exact: true })).version;
    this.reference = execute(compile(onnx), itemFrom(parseSchema(model.card).inputs, input)).outputs;
  }

  /** A vector of the model, as a requester gives it. */
  picture(index: number): Vector['inputs'] {
    return (this.model.vectors[index] as Vector).inputs;
  }

  async stop(): Promise<void> {
    await this.local.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Asks the cheat about a picture of the model's vectors. */
  asked(picture = 0): Promise<AskedOne> {
    const { requester, cheat } = this.deployed.accounts;
    return request(requester, { version: this.#version, node: cheat.address, fee: OPG }, this.picture(picture));
  }

  /** The same of the exact version, for the result as a hash. */
  askedForHash(...pictures: number[]): Promise<Asked> {
    const { requester, cheat } = this.deployed.accounts;
    const options = { version: this.#exact, node: cheat.address, fee: OPG, exactOutput: true };
    const inputs = pictures.map((index) => this.picture(index));
    const [input] = inputs as [Vector['inputs']];
    return inputs.length === 1 ? request(requester, options, input) : requestBundle(requester, options, inputs);
  }

  /** Asks the cheat, which submits these outputs at once. */
  async answered(outputs: readonly Tensor[]): Promise<AskedOne> {
    const { cheat } = this.deployed.accounts;
    const asked = await this.asked();
    const { outputHeaders } = hashesOf(parseSchema(this.model.card));
    const output = toHex(Uint8Array.from(outputs.flatMap((tensor) => [...encodeTensor(tensor)])));
    const nobody = `0x${'0'.repeat(40)}`;
    const { submit } = cheat.requests;
    await transact(
      cheat,
      await submit.populateTransaction(packTerms(asked.terms), asked.nonce, nobody, [...outputHeaders], output),
    );
    return asked;
  }

  /** The right outputs but for one element, which is higher by a quarter. */
  raised(): readonly Tensor[] {
    return this.reference.map((tensor, i) =>
      i === 0 ? { ...tensor, data: (tensor.data as Float32Array).map((v, j) => (j === 3 ? v + 0.25 : v)) } : tensor,
    );
  }
}
