/** Assembles WebAssembly text and runs it in this engine. */
import wabt from "wabt";

/** The parts of the global `WebAssembly` that this file uses. Its types are part of a browser's library. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

export interface AssembledModule {
  readonly memory: ArrayBuffer;
  call(name: string, ...operands: readonly number[]): unknown;
}

/** Runs a module with these fields, one of which exports its memory as `memory`. */
export async function runAssembly(fields: readonly string[], imports: object = {}): Promise<AssembledModule> {
  const parsed = (await wabt()).parseWat("module.wat", `(module\n${fields.join("\n")})`, { simd: true });
  parsed.validate();
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(buffer), imports);
  const exported = new Map<string, unknown>(Object.entries(exports));
  const memory = exported.get("memory");
  if (
    typeof memory !== "object" ||
    memory === null ||
    !("buffer" in memory) ||
    !(memory.buffer instanceof ArrayBuffer)
  )
    throw new Error("the module exports no memory");
  return {
    memory: memory.buffer,
    call(name, ...operands) {
      const f = exported.get(name);
      if (typeof f !== "function") throw new Error(`the module exports no function ${name}`);
      return f(...operands);
    },
  };
}
