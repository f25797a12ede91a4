/** What TraceVerifier refuses: positions that demands cannot ask for, evidence that shows nothing, headers of no program. */
import { expect } from 'chai';
import { AbiCoder, concat, keccak256 } from 'ethers';
import { headerOf } from '#core/challenges/claim.ts';
import { exactEvidence, outputsWord } from '#core/challenges/evidence.ts';
import { leafAt, listAt, operatorAt, POSITION_KINDS, type Position, treeAt } from '#core/challenges/position.ts';
import { commitList } from '#core/commitment/list.ts';
import { rootOf } from '#core/commitment/opening.ts';
import { commitTensor } from '#core/commitment/tensor.ts';
import { taggedHash } from '#core/hash.ts';
import { type Bytes32, toHex, wordOf } from '#core/hex.ts';
import { Tags } from '#core/protocol/tags.ts';
import { tensor } from '#core/tensor.ts';
import { asArgument } from '../../sdk/mutable.ts';
import { ethers } from '../support/contracts/chain.ts';
import { demandOf } from '../support/contracts/positions.ts';
import { floatsOf, integers, moves, shifts, wide } from '../support/contracts/programs.ts';
import { SALT, traced } from '../support/contracts/verifiers.ts';

const verifier = await ethers.deployContract('TraceVerifier');
const garbage = wordOf(0xbadn);

/** 65 operators: one list below T. */
const many = traced(shifts(65), [tensor('float32', [2], Float32Array.of(3, 5))]);
/** A first tensor of 65 leaves: one tree below its root. */
const large = traced(wide(69), [floatsOf(60), integers(0, 1, 2)]);
const small = traced(moves(2, 40), [floatsOf(40)]);
type Traced = typeof many;

const proofOf = ({ reference }: Traced, position: Position) => demandOf(reference, SALT, position).proof;
type Proof = ReturnType<typeof proofOf>;
interface Wire {
  readonly kind: number;
  readonly level: number;
  readonly operator: number;
  readonly index: number;
}
const wire = (position: Position): Wire => ({ ...position, kind: POSITION_KINDS[position.kind] });
const shapeOf = ({ trace }: Traced, position: Wire, proof: Proof) =>
  verifier.shapeOf(trace, position, asArgument(proof));

describe('positions of a trace', () => {
  const PLACES: readonly (readonly [string, Traced, Position])[] = [
    ['a list', many, listAt(1, 32)],
    ['an operator', many, operatorAt(64)],
    ['a tree', large, treeAt(0, 1, 32)],
    ['a leaf', large, leafAt(0, 64)],
  ];

  for (const [what, of, position] of PLACES)
    it(`${what} is where it is, and nowhere else`, async () => {
      const proof = proofOf(of, position);
      const place = wire(position);
      const shape = await shapeOf(of, place, proof);
      expect(shape.count > 0n).to.equal(true);
      const inTree = position.kind === 'tree' || position.kind === 'leaf';
      const wrong: Record<string, readonly [Wire, Proof]> = {
        'at level 0 or 1': [{ ...place, level: 1 - Math.min(1, place.level) }, proof],
        'at a level that no answer reveals': [{ ...place, level: 2 }, proof],
        'at the root or above': [{ ...place, level: 7 }, proof],
        'beyond the last': [{ ...place, index: place.index + 1 }, proof],
        'of another operator': [{ ...place, operator: place.operator + 1 }, proof],
        'of no kind': [{ ...place, kind: 5 }, proof],
        'by another node': [place, { ...proof, node: garbage }],
        'by a path that goes on': [place, { ...proof, path: [...proof.path, garbage] }],
        'by a path that ends early': [place, { ...proof, path: proof.path.slice(1) }],
        ...(place.kind === 1
          ? {}
          : {
              'by a record path that goes on': [
                place,
                { ...proof, recordPath: [...proof.recordPath, garbage] },
              ] as const,
              'by another record': [place, { ...proof, record: [...proof.record.slice(0, -1), garbage] }] as const,
            }),
        ...(inTree
          ? {
              'by a slot path that goes on': [place, { ...proof, slotPath: [...proof.slotPath, garbage] }] as const,
              'by another slot': [place, { ...proof, slotPath: [garbage, ...proof.slotPath.slice(1)] }] as const,
            }
          : {}),
      };
      for (const [how, [at, by]] of Object.entries(wrong))
        await expect(shapeOf(of, at, by), how).to.be.revertedWithCustomError(verifier, 'Traces_NoSuchPosition');
    });

  it('a root is no node to ask for, though it is known', async () => {
    const tree = large.reference.open(0)[0]?.tree;
    if (tree === undefined) throw new Error('no tensor');
    for (const [of, position, node] of [
      [many, { ...wire(listAt(7, 0)) }, many.trace.root],
      [large, { ...wire(treeAt(0, 7, 0)) }, toHex(rootOf(tree)) as Bytes32],
    ] as const) {
      const proof = { ...proofOf(of, position.kind === 1 ? listAt(1, 0) : treeAt(0, 1, 0)), node, path: [] };
      await expect(shapeOf(of, position, proof)).to.be.revertedWithCustomError(verifier, 'Traces_NoSuchPosition');
    }
  });

  it('a tensor that is shown whole has no nodes and leaves to ask for', async () => {
    const proof = proofOf(small, operatorAt(0));
    for (const position of [treeAt(0, 1, 0), leafAt(0, 0)])
      await expect(shapeOf(small, wire(position), proof)).to.be.revertedWithCustomError(
        verifier,
        'Traces_NoSuchPosition',
      );
  });

  it('the way to a list leads through those above it', async () => {
    const demand = {
      position: wire(listAt(1, 2_000)),
      node: garbage,
      header: wordOf(0n),
      count: 2,
      levels: 1,
      childLevel: 0,
      slotLevels: 13, // 4,097 to 8,192 operators
      demander: SALT.challenger as string,
      fee: 0,
      due: 0,
      late: 0,
      lane: 0,
      nonce: 0,
    };
    const way = await verifier.wayAbove(demand);
    expect(way.map(String)).to.deep.equal([String((1n << 80n) | (7n << 72n) | BigInt(2_000 >> 6))]);
  });

  it('a program without operators has no trace', async () => {
    await expect(verifier.checkChildren(garbage, 0, []))
      .to.be.revertedWithCustomError(verifier, 'Traces_NoEvidence')
      .withArgs('children');
  });
});

describe('evidence', () => {
  const { program, reference, trace } = small;
  const outputs = reference.outputs.map(commitTensor);
  const evidence = exactEvidence(reference, SALT, 0, { item: 0, submitted: outputs, itemPath: [] });
  const standard = {
    outputs: taggedHash(
      Tags.PROGRAM_OUTPUTS,
      outputsWord(program).map((word) => wordOf(word)),
    ),
    outputHash: commitList(outputs),
    atol: 0,
    rtol: 0,
    exact: true,
  };
  const check = (change: Partial<typeof evidence>, others: Partial<typeof standard> = {}) =>
    verifier.checkEvidence(trace, { ...standard, ...others }, asArgument({ ...evidence, ...change }));

  for (const [part, what, change, others] of [
    ['expected', 'the reference output itself, submitted', {}, {}],
    [
      'submitted',
      'a list of more tensors than the program has',
      { submitted: [...outputs, garbage] },
      { outputHash: commitList([...outputs, garbage]) },
    ],
  ] as const)
    it(`shows nothing: ${what}`, async () => {
      await expect(check(change, others)).to.be.revertedWithCustomError(verifier, 'Traces_NoEvidence').withArgs(part);
    });

  it('shows another output where the reference is exact', async () => {
    const submitted = [garbage];
    await check({ submitted }, { outputHash: commitList(submitted) });
  });

  it('is of an item that the request has', async () => {
    const salt = { ...SALT, item: 1 };
    const other = exactEvidence(reference, salt, 0, { item: 1, submitted: [garbage], itemPath: [] });
    const root = other.slotPath.reduce((hash, sibling) => taggedHash(Tags.NODE, [sibling, hash]), slotOf(1));
    await expect(
      verifier.checkEvidence({ ...trace, root }, { ...standard, outputHash: commitList([garbage]) }, asArgument(other)),
    )
      .to.be.revertedWithCustomError(verifier, 'Traces_NoEvidence')
      .withArgs('item');
  });

  /** The slot of the last operator, which is the right one of two. */
  function slotOf(item: number): Bytes32 {
    const k = program.operators.length - 1;
    expect(k).to.equal(1);
    return taggedHash(Tags.SLOT, [
      SALT.request,
      wordOf(BigInt(item)),
      wordOf(BigInt(SALT.challenger)),
      wordOf(BigInt(k)),
      reference.tensors[k] as Bytes32,
    ]);
  }
});

describe('the meaning of a version', () => {
  const header = headerOf(small.program, small.commitment);
  const registry = SALT.challenger as string;
  /** The id of a version with this program, by docs/spec/commitments.md. */
  async function meaning(program: typeof header) {
    const coder = AbiCoder.defaultAbiCoder();
    const words = Object.values(program).map((word) => wordOf(BigInt(word)));
    const version = {
      sha256Hash: garbage,
      programRoot: taggedHash(Tags.PROGRAM, words),
      schema: garbage,
      tolerance: 0n,
      shape: 1n,
    };
    const { chainId } = await ethers.provider.getNetwork();
    const fields = coder.encode(
      ['uint256', 'address', 'uint256', 'bytes32', 'bytes32', 'bytes32', 'uint256', 'uint256'],
      [chainId, registry, 5, version.sha256Hash, version.programRoot, version.schema, version.tolerance, version.shape],
    );
    return { meaning: { version, program }, id: keccak256(concat(['0x07', fields])) };
  }

  it('is known by its version, and has no more levels of demands than a dispute has time for', async () => {
    for (const levels of [1n, 8n]) {
      const { meaning: known, id } = await meaning({ ...header, levels });
      await verifier.checkMeaning(known, id, 5, registry);
      await expect(verifier.checkMeaning(known, id, 6, registry)).to.be.revertedWithCustomError(
        verifier,
        'Traces_WrongVersion',
      );
    }
    const { meaning: deep, id } = await meaning({ ...header, levels: 9n });
    await expect(verifier.checkMeaning(deep, id, 5, registry)).to.be.revertedWithCustomError(
      verifier,
      'Traces_WrongProgram',
    );
  });
});
