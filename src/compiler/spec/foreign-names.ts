/**
 * Names of Keras and PyTorch that have a different name in a spec. These tables only improve the hints about
 * unknown names and keys: a spec that uses such a name is still an error.
 */
import { activations } from "../library/activations/index.ts";
import { plainName, showValue } from "../util/message-text.ts";

/** The name in a spec, with a note about other differences. */
type Ours = string | readonly [name: string, note: string];

const logits = "It reads logits, so remove the sigmoid or softmax before it.";
const indices = `Its targets are class indices: declare the target as { "classes": k }. ${logits}`;

/** The names by kind. Keys are in lower case, without separators. */
const names: Readonly<Record<string, Readonly<Record<string, Ours>>>> = {
  layer: {
    linear: "dense",
    fullyconnected: "dense",
    fc: "dense",
    batchnormalization: "batch-norm",
    batchnorm1d: "batch-norm",
    batchnorm2d: "batch-norm",
    layernormalization: "layer-norm",
    groupnormalization: "group-norm",
    instancenormalization: "instance-norm",
    instancenorm1d: "instance-norm",
    instancenorm2d: "instance-norm",
    rmsnormalization: "rms-norm",
    maxpooling1d: "max-pool1d",
    maxpooling2d: "max-pool2d",
    averagepooling1d: "avg-pool1d",
    averagepooling2d: "avg-pool2d",
    globalaveragepooling1d: "global-avg-pool1d",
    globalaveragepooling2d: "global-avg-pool2d",
    adaptiveavgpool1d: ["global-avg-pool1d", "It averages over the whole sequence."],
    adaptiveavgpool2d: ["global-avg-pool2d", "It averages over the whole image."],
    convtranspose1d: "conv1d-transpose",
    conv1dtranspose: "conv1d-transpose",
    convtranspose2d: "conv2d-transpose",
    conv2dtranspose: "conv2d-transpose",
    separableconv2d: [
      "depthwise-conv2d",
      'Add a conv2d layer with "kernel": 1 after it to mix the channels.',
    ],
    prelu: "prelu",
    parametricrelu: "prelu",
    dropout1d: "dropout",
    dropout2d: "dropout",
    simplernn: "rnn",
    multiheadattention: "attention",
    selfattention: "attention",
    concatenate: "concat",
    cat: "concat",
    unflatten: "reshape",
    interpolate: "upsample",
    resize: "upsample",
    upsampling1d: "upsample",
    upsampling2d: "upsample",
    upsamplingnearest2d: "upsample",
    upsamplingbilinear2d: ["upsample", 'Its mode is "linear", with "alignCorners": true.'],
    pixelshuffle: "depth-to-space",
    pixelunshuffle: "space-to-depth",
    zeropad1d: "pad",
    zeropad2d: "pad",
    zeropadding1d: "pad",
    zeropadding2d: "pad",
    constantpad1d: "pad",
    constantpad2d: "pad",
    sequential: ["repeat", "A network is already a list of layers, so it needs no sequential layer."],
  },
  "recurrent layer": { simplernn: "rnn" },
  activation: {
    identity: "linear",
    none: "linear",
    swish: "silu",
    hardtanh: "hard-tanh",
    prelu: ["leaky-relu", 'Its slope is a constant. The layer { "type": "prelu" } learns it.'],
    thresholdedrelu: "threshold",
    logsigmoid: "log-sigmoid",
    hardswish: "hard-swish",
    hardshrink: "hard-shrink",
    softshrink: "soft-shrink",
    tanhshrink: "tanh-shrink",
    unitstep: "step",
    heaviside: "step",
  },
  loss: {
    mseloss: "mse",
    meansquarederror: "mse",
    l2: "mse",
    l2loss: "mse",
    l1loss: "mae",
    l1: "mae",
    meanabsoluteerror: "mae",
    rootmeansquarederror: "rmse",
    smoothl1loss: ["huber", 'Its key "delta" is the beta of PyTorch.'],
    smoothl1: ["huber", 'Its key "delta" is the beta of PyTorch.'],
    huberloss: "huber",
    msle: ["rmsle", "It is the square root of that loss."],
    meansquaredlogarithmicerror: ["rmsle", "It is the square root of that loss."],
    crossentropyloss: "cross-entropy",
    categoricalcrossentropy: ["cross-entropy", indices],
    sparsecategoricalcrossentropy: ["cross-entropy", logits],
    nllloss: ["cross-entropy", "It reads logits, so remove the log-softmax before it."],
    softmaxcrossentropy: ["cross-entropy", logits],
    bce: ["binary-cross-entropy", logits],
    bceloss: ["binary-cross-entropy", logits],
    bcewithlogits: "binary-cross-entropy",
    bcewithlogitsloss: "binary-cross-entropy",
    binarycrossentropy: ["binary-cross-entropy", logits],
    logloss: ["cross-entropy", logits],
    poissonnllloss: "poisson",
    kldivloss: "kl-divergence",
    kldiv: "kl-divergence",
    kullbackleiblerdivergence: "kl-divergence",
    hingeloss: "hinge",
    hingeembeddingloss: "hinge",
  },
  metric: {
    acc: "accuracy",
    binaryaccuracy: "accuracy",
    categoricalaccuracy: "accuracy",
    sparsecategoricalaccuracy: "accuracy",
    meanabsoluteerror: "mae",
    mse: ["rmse", "It is the square root of that metric."],
    meansquarederror: ["rmse", "It is the square root of that metric."],
    rootmeansquarederror: "rmse",
    r2score: "r2",
    f1score: "f1",
    rocauc: "auc",
    rocaucscore: "auc",
    auroc: "auc",
    spearmanr: "spearman",
    spearmancorrelation: "spearman",
    fbeta: "f1",
    meanabsolutepercentageerror: "mape",
    topkcategoricalaccuracy: "top-k",
    sparsetopkcategoricalaccuracy: "top-k",
    topkaccuracy: "top-k",
  },
  initialiser: {
    glorotuniform: "xavier-uniform",
    glorotnormal: "xavier-normal",
    glorot: "xavier-uniform",
    xavier: "xavier-uniform",
    kaiminguniform: "he-uniform",
    kaimingnormal: "he-normal",
    kaiming: "he-uniform",
    he: "he-uniform",
    randomuniform: "uniform",
    randomnormal: "normal",
    truncatednormal: "normal",
  },
  schedule: {
    steplr: "step",
    exponentiallr: "exponential",
    exponentialdecay: "exponential",
    cosinedecay: "cosine",
    cosineannealing: "cosine",
    cosineannealinglr: "cosine",
    polynomialdecay: "polynomial",
    polynomiallr: "polynomial",
    onecyclelr: "one-cycle",
    constantlr: "constant",
  },
};

/** The keys of layers, optimizers, `training` and `data`, in lower case without separators. */
const keys: Readonly<Record<string, readonly string[]>> = {
  outfeatures: ["units"],
  hiddensize: ["units"],
  embeddingdim: ["units"],
  outputdim: ["units"],
  numembeddings: ["vocabulary"],
  inputdim: ["vocabulary"],
  outchannels: ["filters"],
  kernelsize: ["kernel"],
  strides: ["stride"],
  poolsize: ["size"],
  p: ["rate"],
  scalefactor: ["factor"],
  upscalefactor: ["block"],
  downscalefactor: ["block"],
  lambd: ["lambda"],
  numparameters: ["perChannel"],
  numheads: ["heads"],
  usebias: ["bias"],
  kernelinitializer: ["init"],
  biasinitializer: ["biasInit"],
  lr: ["learningRate"],
  betas: ["beta1"],
  eps: ["epsilon"],
  clipnorm: ["clip"],
  validationsplit: ["validation"],
  maxepochs: ["epochs"],
  restorebestweights: ["keep"],
  layers: ["network"],
  onehot: ["categories"],
  normalize: ["scale"],
  standardize: ["scale"],
};

const ofInputs = 'remove it: the shape of the input is in "inputs"';

/** Keys of layers without an equivalent, in lower case without separators, and the hints about them. */
const keysWithoutEquivalent: Readonly<Record<string, string>> = {
  dataformat: "remove it: images are channels-last, [height, width, channels]",
  inputdim: ofInputs,
  inputshape: ofInputs,
  inputsize: ofInputs,
  inputlength: ofInputs,
  batchinputshape: ofInputs,
  infeatures: ofInputs,
  inchannels: ofInputs,
  batchfirst: "remove it: sequences are [length, units], after the batch axis",
};

/** A name that another library uses: its equivalent in a spec, and the hint about it. */
interface ForeignName {
  /** The name in a spec; absent if specs have no equivalent of this kind. */
  readonly ours?: string;
  readonly hint: string;
}

/** Returns undefined if the tables do not contain the name. `known` are the names that the spec may use. */
export function foreignName(kind: string, name: string, known: readonly string[]): ForeignName | undefined {
  const plain = plainName(lastPart(name));
  const [ours, note] = [own(names[kind], plain) ?? []].flat();
  if (ours !== undefined && known.includes(ours))
    return { ours, hint: `did you mean ${showValue(ours)}?${note === undefined ? "" : ` ${note}`}` };
  const hint = kind === "layer" ? activationHint(plain) : undefined;
  return hint === undefined ? undefined : { hint };
}

/** The key of a spec for the key of another library. `known` are the keys that the object may have. */
export const foreignKey = (key: string, known: readonly string[]): string | undefined =>
  own(keys, plainName(key))?.find((ours) => known.includes(ours));

/** The hint about a key of a layer in Keras or PyTorch that a spec does not need. */
export const foreignKeyHint = (kind: string, key: string): string | undefined =>
  kind === "layer" || kind === "recurrent layer" ? own(keysWithoutEquivalent, plainName(key)) : undefined;

/** Keras and PyTorch have a layer for each activation. A spec has one layer for all of them. */
function activationHint(plain: string): string | undefined {
  const [alias] = [own(names.activation, plain) ?? []].flat();
  const fn = alias ?? Object.keys(activations).find((known) => plainName(known) === plain);
  if (fn === undefined || fn === "formula") return undefined;
  return (
    `add "activation": "${fn}" to the layer before it, or write ` + `{ "type": "activation", "fn": "${fn}" }`
  );
}

/** `torch.nn.Linear` becomes `Linear`. */
const lastPart = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

const own = <T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
