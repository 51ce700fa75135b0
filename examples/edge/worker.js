// A service that learns while it runs. The runtime forbids `eval`, and WebAssembly from bytes; a trainer needs neither.
//
//   POST /learn    { "weather": [temperature, hour, …], "demand": [value, …] }   →   { "loss" }
//   POST /predict  { "weather": [temperature, hour, …] }                         →   { "demand": [value, …] }
import { createTrainer, InputError } from "./model.js";

const trainer = createTrainer();
const stepsPerRequest = 100;

const routes = {
  "/learn": (rows) => ({ loss: trainer.steps(rows, stepsPerRequest) }),
  "/predict": (inputs) => ({ demand: [...trainer.predict(inputs)] }),
};

async function respond(request) {
  const { pathname } = new URL(request.url);
  if (!Object.hasOwn(routes, pathname)) return Response.json({ error: "not found" }, { status: 404 });
  if (request.method !== "POST") return Response.json({ error: "use POST" }, { status: 405 });
  try {
    return Response.json(routes[pathname](await request.json()));
  } catch (error) {
    // Rows that do not fit the model, or a body that is not JSON. Other errors are faults of the service.
    if (!(error instanceof InputError || error instanceof SyntaxError)) throw error;
    return Response.json({ error: error.message }, { status: 400 });
  }
}

export default { fetch: respond };
