/** The doctor's look at this machine: room on disk, ONNX Runtime, the node's own endpoint. */
import { mkdirSync, statfsSync } from 'node:fs';
import { buildModel, node } from '#core/onnx/build.ts';
import { bad, type Finding, ok, warning } from './finding.ts';

const GIB = 2 ** 30;
const PATIENCE_MS = 5_000;

export function diskFinding(dataDir: string, cacheBytes: number): Finding {
  mkdirSync(dataDir, { recursive: true });
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  const found = `${(free / GIB).toFixed(1)} GiB free in ${dataDir}, ${(cacheBytes / GIB).toFixed(1)} GiB allowed for models`;
  if (free < GIB) return bad('disk', found, 'make room: a journal that cannot grow stops the node');
  return free < cacheBytes ? warning('disk', found, 'lower models.cacheMb or make room') : ok('disk', found);
}

/**
 * Runs one small model in this process, as nodes run them: the stock package, CPU. `unchecked`: versions that may be submitted without the
 * reference. `isNarrow`: whether sums of bytes may stop at 2^15 here; asked of ONNX Runtime where it is left out.
 */
export async function runtimeFinding(unchecked: readonly string[], isNarrow?: boolean): Promise<Finding> {
  try {
    const ort = await import('onnxruntime-node');
    const { sessionOptions } = await import('../../../workers/adapters/onnx/session.ts');
    const onnx = buildModel({
      inputs: { x: ['float32', [2]] },
      outputs: { y: ['float32', [2]] },
      nodes: [node('Add', ['x', 'x'], ['y'])],
    });
    const session = await ort.InferenceSession.create(onnx, sessionOptions(1));
    const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1.5, -2), [2]) });
    const [first, second] = (y?.data ?? []) as Float32Array;
    if (first !== 3 || second !== -4) throw new Error(`1.5 + 1.5 came out as ${first}`);
    const { addsNarrowly } = await import('../../../workers/adapters/onnx/narrowSums.ts');
    const runs = 'ONNX Runtime loads and runs a model';
    if (!(isNarrow ?? (await addsNarrowly()))) return ok('runtime', runs);
    const narrow = `${runs}; without VNNI it may stop sums of uint8 and int8 at 2^15`;
    if (unchecked.length === 0) return ok('runtime', `${narrow}, which the check notices`);
    const how = 'take quantised versions out of reference.unchecked, or see that opg compare finds them equal here';
    return warning('runtime', narrow, how);
  } catch (error) {
    return bad(
      'runtime',
      `ONNX Runtime: ${(error as Error).message}`,
      'run npm ci again; a system with glibc and an x64 or arm64 processor is needed',
    );
  }
}

export async function endpointFinding(endpoint: string): Promise<Finding> {
  if (endpoint === '')
    return warning(
      'endpoint',
      'none is published',
      'opg node init publishes one: inputs by hash and outputs by hash need it',
    );
  try {
    const answered = await fetch(`${endpoint.replace(/\/+$/, '')}/healthz`, {
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answered.ok) return ok('endpoint', `${endpoint} is well`);
    return bad(
      'endpoint',
      `${endpoint}/healthz says ${answered.status}: ${(await answered.text()).slice(0, 200)}`,
      'read the log of the node; its components say what is wrong',
    );
  } catch (error) {
    return bad(
      'endpoint',
      `${endpoint} does not answer: ${(error as Error).message}`,
      'start the node with opg node run, or correct the endpoint; a firewall may be in between',
    );
  }
}
