/** PGlite's WebAssembly, compiled once per process. */
import { readFile } from 'node:fs/promises';

/** The part of the JavaScript API that is used; the language's own types leave it out. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

const compiled = new Map<string, Promise<object>>();

function compile(file: string): Promise<object> {
  const known = compiled.get(file) ?? read(file).then((bytes) => WebAssembly.compile(bytes));
  compiled.set(file, known);
  return known;
}

const read = (file: string) => readFile(new URL(file, import.meta.resolve('@electric-sql/pglite')));

/**
 * Kept for the life of the process: opening a database does not compile again, and the engine never frees the code while it still
 * optimises it in the background, which has killed Node 24 ("Check failed: jit_page_->allocations_.erase").
 */
export async function pgliteModules() {
  const [pgliteWasmModule, initdbWasmModule] = await Promise.all([compile('./pglite.wasm'), compile('./initdb.wasm')]);
  return { pgliteWasmModule, initdbWasmModule } as const;
}
