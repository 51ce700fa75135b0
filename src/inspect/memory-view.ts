/** The arena: where each buffer lies, how large it is, and for temporaries between which kernels they live. */
import type { Placement } from "../loop/memory.ts";
import { bufferType } from "../loop/print.ts";
import { columns } from "./view.ts";
import type { Subject, View } from "./view.ts";

export function memoryView({ compilation }: Subject): View {
  const { model, vectors } = compilation;
  const { plan } = vectors ?? compilation;
  // A name for several adjacent buffers as one takes no room of its own.
  const storage = [...plan.storage.values()].filter(({ buffer }) => buffer.covers === undefined);
  const temporaries = [...plan.temporaries].flatMap(([program, placements]) =>
    [...placements.values()].map((placement) => rowOf(placement, program)),
  );
  const rows = [...storage.map((placement) => rowOf(placement)), ...temporaries];
  const table = columns([
    ["region", "buffer", "type", "offset", "bytes", "lives"],
    ...rows.map(({ region, buffer, type, offset, bytes, program, lifetime }) => {
      const lives = lifetime ? `${program}: kernels ${lifetime[0]} to ${lifetime[1]}` : "always";
      return [region, buffer, type, offset, bytes, lives];
    }),
  ]);
  const { bytes, temporaryBytes, lowerBound } = plan;
  const text = [
    ...table,
    "",
    `arena ${bytes} bytes for batches of ${model.training.batchSize} rows`,
    `temporaries ${temporaryBytes} bytes; no plan could take less than ${lowerBound}`,
    "",
  ].join("\n");
  return { text: () => text, json: () => ({ bytes, temporaryBytes, lowerBound, buffers: rows }) };
}

/** Kernels are counted from 1, as in the emitted file. */
function rowOf({ buffer, offset, bytes, lifetime }: Placement, program?: string) {
  const { name, region } = buffer;
  const place = { region, buffer: name, type: bufferType(buffer), offset, bytes };
  return lifetime === undefined
    ? { ...place, program: undefined, lifetime: undefined }
    : { ...place, program, lifetime: [lifetime[0] + 1, lifetime[1] + 1] as const };
}
