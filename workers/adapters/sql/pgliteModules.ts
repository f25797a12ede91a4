/** PGlite's WebAssembly, compiled once per process. */
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';

// The engine may free code of a module while it still optimises it in the background, which has killed Node 24 ("Check failed:
// jit_page_->allocations_.erase"): also that of the small modules which PGlite makes for its callbacks. Those are few and small.
setFlagsFromString('--no-wasm-code-gc');

/** The part of the JavaScript API that is used; the language's own types leave it out. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

const compiled = new Map<string, Promise<object>>();

function compile(file: string): Promise<object> {
  const known = compiled.get(file) ?? read(file).then((bytes) => WebAssembly.compile(bytes));
  compiled.set(file, known);
  return known;
}

const read = (file: string) => readFile(new URL(file, import.meta.resolve('@electric-sql/pglite')));

/** Kept for the life of the process: opening a database does not compile again. */
export async function pgliteModules() {
  const [pgliteWasmModule, initdbWasmModule] = await Promise.all([compile('./pglite.wasm'), compile('./initdb.wasm')]);
  return { pgliteWasmModule, initdbWasmModule } as const;
}
