/** WebAssembly modules that are part of the source as base64. */

/** The part of the JavaScript API that is used; the language's own types leave it out. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

export const WASM = {
  /** Undefined where the engine does not know an instruction of it. */
  instantiate<Exports>(base64: string): Exports | undefined {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    if (!WebAssembly.validate(bytes)) return undefined;
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
  },
} as const;
