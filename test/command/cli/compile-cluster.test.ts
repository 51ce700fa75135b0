// `tapeless compile --target pytorch --emit slurm` and `--emit kubernetes`. If a test fails, the script is missing or
// out of date, or wrong flags have no effect instead of an error.
import { beforeEach, afterEach, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { expectRefusal, flowers, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("specs/flowers.json", flowers);
});
afterEach(() => place.remove());

const compile = (...flags: readonly string[]) =>
  place.run("compile", "specs/flowers.json", "--target", "pytorch", ...flags);
const pods = ["--emit", "kubernetes", "--image", "torch:2", "--volume", "flowers"];

describe("--emit slurm", () => {
  it("writes a script next to the Python file, and checks both", async () => {
    const flags = ["-o", "flowers.py", "--emit", "slurm", "--nodes", "2", "--processes", "4"];
    const { stdout, stderr, code } = await compile(...flags);
    expect([stderr, code]).toEqual(["", 0]);
    expect(stdout).toContain("specs/flowers.json → flowers.slurm.sh");
    expect(place.made()).toEqual(["flowers.py", "flowers.slurm.sh"]);
    const script = place.read("flowers.slurm.sh");
    expect(script).toContain("#SBATCH --nodes=2\n");
    expect(script).toContain("flowers.py --data=specs/flowers.csv");
    expect((await compile(...flags, "--check")).code).toBe(0);
    const stale = await compile(...flags.with(-1, "8"), "--check");
    expect([stale.stdout, stale.code]).toEqual(["flowers.py is up to date\n", 1]);
    expect(stale.stderr).toContain(
      "run: tapeless compile specs/flowers.json -o flowers.py --target pytorch --emit slurm --nodes 2 --processes 8",
    );
    expect((await compile(...flags)).code).toBe(0);
  });

  it("does not replace a file of the user", async () => {
    place.write("flowers.slurm.sh", "#!/bin/sh\necho mine\n");
    expectRefusal(
      await compile("-o", "flowers.py", "--emit", "slurm"),
      "T1014: flowers.slurm.sh exists and was not written by tapeless",
    );
    expect(place.made()).toEqual([]);
  });
});

describe("--emit kubernetes", () => {
  it("writes a manifest for the files of the volume", async () => {
    expect((await compile(...pods, "--device", "cuda")).code).toBe(0);
    expect(place.made()).toEqual(["generated/flowers.kubernetes.yaml", "generated/flowers.py"]);
    const [service, job] = parseAllDocuments(place.read("generated/flowers.kubernetes.yaml")).map((each) =>
      each.toJS(),
    );
    expect(service.metadata.name).toBe("flowers-train");
    const [{ image, args }] = job.spec.template.spec.containers;
    expect(image).toBe("torch:2");
    expect(args.slice(-4)).toEqual(["generated/flowers.py", "--data=specs/flowers.csv", "--device", "cuda"]);
  });
});

describe("scripts for specs with several data files", () => {
  const { data, ...others } = flowers;
  const table = { inputs: data?.inputs, targets: data?.targets };

  it("name all of them", async () => {
    const files = { train: "flowers.csv", validation: "held.csv", test: "last test.csv" };
    const training = { epochs: 1, batchSize: 8, seed: 1 };
    place.write("specs/flowers.json", { ...others, training, data: { ...files, ...table } });
    expect((await compile("--emit", "slurm")).code).toBe(0);
    expect(place.read("generated/flowers.slurm.sh")).toContain(
      "flowers.py --data=specs/flowers.csv --validation=specs/held.csv '--test=specs/last test.csv'",
    );
    place.write("specs/flowers.json", {
      ...others,
      training,
      data: { ...files, validation: "../../held.csv", ...table },
    });
    expectRefusal(await compile(...pods), "held.csv: pods can read only the volume");
  });

  it.each([
    ["images/train/", "images/test/", "specs/images/"],
    ["train/", "test/", "specs"],
    ["", "", "specs"],
    ["/images/", "/images/", "/images/"],
  ])("name the folder of IDX files in %s and %s", async (train, test, folder) => {
    const idxIn = (place: string, ending: string) => {
      const names = [...Object.keys(others.inputs ?? {}), ...Object.keys(others.targets ?? {})];
      return { idx: Object.fromEntries(names.map((name) => [name, `${place}${name}${ending}`])) };
    };
    const training = { epochs: 1, batchSize: 8, seed: 1 };
    const own = { train: idxIn(train, ".train"), test: idxIn(test, ".test") };
    place.write("specs/flowers.json", { ...others, training, data: own });
    expect(await compile("--emit", "slurm")).toMatchObject({ code: 0, stderr: "" });
    expect(place.read("generated/flowers.slurm.sh")).toContain(`flowers.py --data=${folder} "$@"`);
  });
});

describe("flags for clusters", () => {
  it.each([
    [["--nodes", "2"], "--nodes needs --emit slurm or --emit kubernetes"],
    [["--device", "cuda"], "--device needs --emit slurm or --emit kubernetes"],
    [["--emit", "slurm", "--image", "x"], "--image and --volume need --emit kubernetes"],
    [["--emit", "kubernetes"], "--emit kubernetes needs --image"],
    [["--emit", "kubernetes", "--image", "x"], "--emit kubernetes needs --volume"],
    [[...pods, "-o", "/flowers.py"], "/flowers.py: pods can read only the volume"],
    [[...pods, "-o", "../flowers.py"], "../flowers.py: pods can read only the volume"],
    [["--emit", "slurm", "--nodes", "0"], "It must be at least 1"],
    [["--emit", "js"], "--emit cannot be combined with --target pytorch"],
    [["--emit", "slurm", "--target", "ts"], "--emit slurm needs --target pytorch"],
    [["--emit", "slurm", "--target", "onnx"], "--emit slurm needs --target pytorch"],
  ])("%j are rejected", async (flags, message) => {
    expectRefusal(await compile(...flags), "error T1010: ", message);
    expect(place.made()).toEqual([]);
  });

  it("need data in the spec", async () => {
    const { data: _, ...without } = flowers;
    place.write("specs/flowers.json", without);
    expectRefusal(
      await compile("--emit", "slurm"),
      "error T1010: ",
      "--emit slurm: the spec has no data file, so the Python file cannot train by itself",
    );
    expect(place.made()).toEqual([]);
  });
});
