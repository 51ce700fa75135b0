// How a clone starts a thread of the search: from its sources, as it starts the command.
import { importSources } from "./from-sources.js";

await importSources("worker");
