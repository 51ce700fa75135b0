// Starts a thread of the program; its first argument is the name of the thread's module.
import { loadProgram } from "./load-program.js";

await loadProgram(process.argv[2]);
