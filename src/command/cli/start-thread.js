// The entry of every thread of the program. Its first argument is the name of the module to load.
import { loadProgram } from "./load-program.js";

await loadProgram(process.argv[2]);
