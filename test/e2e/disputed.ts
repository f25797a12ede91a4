/** A local network for stories about disputes: published models, and a node that answers what a story likes, without computing. */
import { readFileSync, rmSync } from 'node:fs';
import type { JsonRpcProvider } from 'ethers';
import { headerOf, type Meaning, meaningOf } from '#core/challenges/claim.ts';
import { type Subject, subjectOf } from '#core/challenges/subject.ts';
import { encodeItems } from '#core/commitment/canonical.ts';
import { commitItems } from '#core/commitment/list.ts';
import { fromHex, toHex } from '#core/hex.ts';
import type { RequestId, VersionId } from '#core/protocol/ids.ts';
import { itemFrom, type NamedTensors } from '#core/protocol/rows.ts';
import { hashesOf, type IoSchema, parseSchema } from '#core/protocol/schema.ts';
import { packTerms } from '#core/protocol/terms.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { execute } from '#core/semantics/execute/execute.ts';
import type { Program } from '#core/semantics/program.ts';
import { commitProgram } from '#core/semantics/record.ts';
import type { Tensor } from '#core/tensor.ts';
import type { Party } from '../../scripts/demo/keys.ts';
import { type Deployed, LocalNetwork } from '../../scripts/demo/localNetwork.ts';
import { exampleModel } from '../../scripts/demo/models.ts';
import { upload } from '../../scripts/demo/publishing.ts';
import { eventsIn, logsAbout } from '../../sdk/events.ts';
import {
  type Asked,
  type AskedOne,
  actAs,
  createModel,
  deposit,
  type ModelCard,
  publish,
  request,
  requestBundle,
  stake,
} from '../../sdk/index.ts';
import { assess } from '../../sdk/publishing/assess.ts';
import { transact } from '../../sdk/transact.ts';
import { temporaryFolder } from '../support/temporary.ts';

const OPG = 10n ** 18n;
const STAKE = 1_000n * OPG;

/** A published version, with everything a player needs. */
export interface DisputedModel {
  readonly version: VersionId;
  readonly exact: boolean;
  readonly program: Program;
  readonly meaning: Meaning;
  readonly schema: IoSchema;
}

export class DisputedNetwork {
  readonly directory = temporaryFolder('opg-dispute');
  readonly local = new LocalNetwork(this.directory);
  readonly model = exampleModel('digits-cnn');
  deployed!: Deployed;
  /** The model, to be judged by its tolerance, and by equality. */
  tolerant!: DisputedModel;
  exact!: DisputedModel;
  /** The right outputs for the first picture. */
  reference!: readonly Tensor[];
  #models = 0;

  async start(clocks: Parameters<LocalNetwork['deploy']>[0]): Promise<void> {
    const { local, model } = this;
    await Promise.all([local.chain.start(), local.storage.start()]);
    this.deployed = await local.deploy(clocks);
    const { accounts, faucet } = this.deployed;
    for (const account of [accounts.requester, accounts.cheat, accounts.verifier, accounts.liar]) {
      await transact(faucet, await faucet.token.transfer.populateTransaction(account.address, 10n * STAKE));
      await deposit(account, 2n * STAKE);
    }
    await stake(accounts.cheat, STAKE);
    const onnx = readFileSync(model.file);
    this.tolerant = await this.publish(onnx, model.card, [this.picture(0)]);
    this.exact = await this.publish(onnx, model.card, 'exact');
    this.reference = this.right(this.tolerant, this.picture(0));
  }

  async stop(): Promise<void> {
    await this.local.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Stores and publishes a model: exact, or with a tolerance that is fitted to these inputs. */
  async publish(
    onnx: Uint8Array,
    card: ModelCard,
    standard: 'exact' | readonly NamedTensors[],
  ): Promise<DisputedModel> {
    const { owner } = this.deployed.accounts;
    const exact = standard === 'exact';
    const program = compile(onnx);
    const commitment = commitProgram(program);
    const assessment = exact ? undefined : await assess(onnx, card, { samples: standard, generate: 2 });
    const uri = await upload(this.local.storage.url, onnx);
    const { model } = await createModel(owner, 'acme', `model-${this.#models++}`);
    const given = assessment ? { assessment } : { exact, programRoot: commitment.root, multiplyAdds: 1n };
    const { version, content } = await publish(owner, { model, onnx, card, uris: [uri], ...given });
    const meaning = meaningOf(content, headerOf(program, commitment));
    return { version, exact, program, meaning, schema: parseSchema(card) };
  }

  /** A vector of the example, as a requester gives it. */
  picture(index: number): NamedTensors {
    return (this.model.vectors[index] as (typeof this.model.vectors)[number]).inputs;
  }

  /** The reference outputs. */
  right({ program, schema }: DisputedModel, inputs: NamedTensors): readonly Tensor[] {
    return execute(program, itemFrom(schema.inputs, inputs)).outputs;
  }

  /** Asks the cheat about a picture. */
  asked(picture = 0): Promise<AskedOne> {
    return this.ask(this.tolerant, this.picture(picture));
  }

  ask({ version }: DisputedModel, inputs: NamedTensors, exactOutput = false): Promise<AskedOne> {
    const { requester, cheat } = this.deployed.accounts;
    return request(requester, { version, node: cheat.address, fee: OPG, exactOutput }, inputs);
  }

  /** Asks the cheat for the result as a hash. */
  askedForHash(...pictures: number[]): Promise<Asked> {
    const { requester, cheat } = this.deployed.accounts;
    const inputs = pictures.map((index) => this.picture(index));
    const [input] = inputs as [NamedTensors];
    if (inputs.length === 1) return this.ask(this.exact, input, true);
    const options = { version: this.exact.version, node: cheat.address, fee: OPG, exactOutput: true };
    return requestBundle(requester, options, inputs);
  }

  /** Asks the cheat about the first picture, which submits these outputs at once. */
  async answered(outputs: readonly Tensor[]): Promise<AskedOne> {
    const asked = await this.asked();
    await this.submit(this.tolerant, asked, outputs);
    return asked;
  }

  /** The cheat submits these outputs: as they are, or their hash alone. */
  async submit({ schema }: DisputedModel, asked: AskedOne, outputs: readonly Tensor[], asHash = false): Promise<void> {
    const { cheat } = this.deployed.accounts;
    const headers = [...hashesOf(schema).outputHeaders];
    const bytes = encodeItems(schema.outputs, [outputs]);
    const output = toHex(asHash ? fromHex(commitItems(headers, 1, bytes)) : bytes);
    const nobody = `0x${'0'.repeat(40)}`;
    const terms = packTerms(asked.terms);
    const { submit } = cheat.requests;
    await transact(cheat, await submit.populateTransaction(terms, asked.nonce, nobody, asHash ? [] : headers, output));
  }

  /** The right outputs but for one element, which is higher by a quarter. */
  raised(): readonly Tensor[] {
    return this.reference.map((tensor, i) =>
      i === 0 ? { ...tensor, data: (tensor.data as Float32Array).map((v, j) => (j === 3 ? v + 0.25 : v)) } : tensor,
    );
  }

  /** What the chain says of a request; undefined: no result stands. */
  async subject(id: RequestId): Promise<Subject | undefined> {
    const { net } = this.deployed;
    const logs = await logsAbout(net, id, net.deployment.block);
    return subjectOf(eventsIn(net, logs).map((event) => ({ event })));
  }

  /** Seconds of the chain. */
  async now(): Promise<number> {
    return (await this.deployed.net.provider.getBlock('latest'))?.timestamp ?? 0;
  }

  /** Turns the chain's clock on to a second, if it is not there yet. */
  async turnTo(second: number): Promise<void> {
    const left = second - (await this.now());
    if (left <= 0) return;
    const provider = this.deployed.net.provider as JsonRpcProvider;
    await provider.send('evm_increaseTime', [left]);
    await provider.send('evm_mine', []);
  }
  /** Remembers the chain as it is, to be taken back to that as a reorganisation does it, once or more. */
  async takenBack() {
    const provider = this.deployed.net.provider as JsonRpcProvider;
    let kept: string = await provider.send('evm_snapshot', []);
    return {
      take: async () => {
        const height = await provider.getBlockNumber();
        await provider.send('evm_revert', [kept]);
        kept = await provider.send('evm_snapshot', []);
        // The other branch is the longer one.
        const lost = height - (await provider.getBlockNumber());
        for (let n = 0; n <= lost; n++) await provider.send('evm_mine', []);
      },
      /** Whose next nonce is asked of the chain as it is now. */
      account: (party: Party) => actAs(this.deployed.net, this.local.keys.wallets[party]),
    };
  }
}
