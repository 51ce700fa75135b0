// What a host offers beyond the language. Hosts differ, so each thing is asked for by name, and may be missing.

/** The global of this name. Through a variable: type checkers, whatever host they know, then look for none. */
export function hostGlobal<T>(name: string): T | undefined {
  return Reflect.get(globalThis, name);
}
