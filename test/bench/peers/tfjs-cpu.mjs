// TensorFlow.js on its backend in plain JavaScript.
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-cpu";
import { prepareOn } from "./tfjs.mjs";

export async function prepare(workload) {
  await tf.setBackend("cpu");
  return prepareOn(workload);
}
