// TensorFlow.js on its WebAssembly backend, with SIMD if the engine supports it. In Node it uses one thread.
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { prepareOn } from "./tfjs.mjs";

export async function prepare(workload) {
  await tf.setBackend("wasm");
  if (tf.getBackend() !== "wasm") throw new Error("the wasm backend does not start");
  return prepareOn(workload);
}
