// TensorFlow.js on its plain JavaScript backend.
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-cpu";
import { prepareOn } from "./tfjs.mjs";

export async function prepare(workload) {
  await tf.setBackend("cpu");
  return prepareOn(workload);
}
