/**
 * The process that runs native code. One call at a time, read and written synchronously on descriptor 3: session.run blocks this
 * thread anyway, and synchronous reads receive straight into the final buffer. Ends when the parent closes the socket.
 */
import { readSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import type { Tensor } from '#core/tensor.ts';
import type { Call, Reply } from './frames.ts';
import { encodeFrame, headsOf, PREFIX_BYTES, prefixOf, tensorsOf } from './frames.ts';
import { initialiseLibrary, loadSession, Refused, runSession, warmUp } from './session.ts';

const SOCKET = 3;
const threads = Number(process.argv[2] ?? 1);
const sessions = new Map<string, InferenceSession>();

function read(bytes: number): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(bytes);
  for (let filled = 0; filled < bytes; ) {
    const got = readSync(SOCKET, buffer, filled, bytes - filled, null);
    if (got === 0) process.exit(0);
    filled += got;
  }
  return buffer;
}

function write(reply: Reply, tensors: readonly Tensor[] = []): void {
  for (const piece of encodeFrame(reply, tensors))
    for (let sent = 0; sent < piece.length; ) sent += writeSync(SOCKET, piece, sent, piece.length - sent);
}

const rss = () => process.memoryUsage.rss();

async function answer(call: Call, payload: Uint8Array): Promise<void> {
  if (call.op === 'load') {
    const before = rss();
    const session = await loadSession(call.path, call.sha256, threads);
    await warmUp(session);
    sessions.set(call.sha256, session);
    globalThis.gc?.(); // the file's bytes, which ONNX Runtime has copied
    return write({ op: 'loaded', rss: rss(), grown: Math.max(0, rss() - before) });
  }
  const session = sessions.get(call.sha256);
  if (call.op === 'release') {
    sessions.delete(call.sha256);
    await session?.release();
    return write({ op: 'released', rss: rss() });
  }
  if (!session) throw new Refused('changed', 'no session is loaded');
  const outputs = await runSession(session, tensorsOf(call.tensors, payload));
  write({ op: 'ran', rss: rss(), tensors: headsOf(outputs) }, Object.values(outputs));
}

// A terminal's Ctrl-C reaches the whole process group: the parent drains first and then closes the socket.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
// A killed parent cannot stop a child that hangs in native code; another thread can.
const watchdog = `const parent = process.ppid;
setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);`;
new Worker(watchdog, { eval: true }).unref();

await initialiseLibrary();
write({ op: 'ready', rss: rss() });
for (;;) {
  const sizes = prefixOf(read(PREFIX_BYTES));
  const call: Call = JSON.parse(Buffer.from(read(sizes.header).buffer).toString());
  const payload = read(sizes.payload);
  try {
    await answer(call, payload);
  } catch (error) {
    const kind = error instanceof Refused ? error.kind : 'memory';
    write({ op: 'refused', rss: rss(), kind, reason: error instanceof Error ? error.message : String(error) });
  }
}
