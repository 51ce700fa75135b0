// How a clone starts the thread that serves the page of a training: from its sources, as it starts the command.
import { importSources } from "./from-sources.js";

await importSources("server");
