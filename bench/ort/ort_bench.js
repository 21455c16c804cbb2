// One process, one measurement: ONNX Runtime on a network exported by `fovea export --onnx`.
//
// Its fairest form: every optimisation, one thread that does not spin between calls, static shapes,
// the input made before, warm. Prints one line of JSON.
//
// usage: node ort_bench.js --model FILE --batch N [--seconds S] [--threads T] [--input FILE] [--logits FILE]
//   --input   raw little-endian float32 [N, shape]; without it, seeded numbers
//   --logits  writes the outputs, in the order of their names, as raw float32
'use strict';
const fs = require('fs');
const { performance } = require('perf_hooks');
const ort = require('onnxruntime-node');

function options() {
  const known = { model: null, batch: '1', seconds: '1', threads: '1', input: null, logits: null };
  const words = process.argv.slice(2);
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i].replace(/^--/, '');
    if (!(name in known) || i + 1 >= words.length) {
      console.error(`ort_bench: unknown or incomplete option ${words[i]}`);
      process.exit(2);
    }
    known[name] = words[i + 1];
  }
  if (known.model === null) {
    console.error('ort_bench: --model FILE is missing');
    process.exit(2);
  }
  return known;
}

function inputOf(file, shape) {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  if (file === null) {
    let state = 1;
    for (let i = 0; i < data.length; ++i) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = state / 2 ** 31 - 1;
    }
  } else {
    const bytes = fs.readFileSync(file);
    if (bytes.length !== data.byteLength) {
      throw new Error(`${file} holds ${bytes.length} bytes; the input [${shape}] takes ${data.byteLength}`);
    }
    data.set(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)));
  }
  return new ort.Tensor('float32', data, shape);
}

async function main() {
  const given = options();
  const session = await ort.InferenceSession.create(given.model, {
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    executionProviders: ['cpu'],
    intraOpNumThreads: Number(given.threads),
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  });
  const name = session.inputNames[0];
  const about = (session.inputMetadata || []).find((m) => m.name === name);
  const shape = about.shape.map(Number);
  const batch = Number(given.batch);
  if (shape.some(Number.isNaN)) throw new Error(`the input's shape [${about.shape}] is not static`);
  if (shape[0] !== batch) throw new Error(`the file was exported for batch ${shape[0]}, not ${batch}`);
  const feeds = { [name]: inputOf(given.input, shape) };

  let outputs = await session.run(feeds);
  for (const start = performance.now(); performance.now() - start < 300; ) outputs = await session.run(feeds);

  if (given.logits !== null) {
    const parts = session.outputNames.map((output) => {
      const { data } = outputs[output];
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    });
    fs.writeFileSync(given.logits, Buffer.concat(parts));
  }

  const times = [];
  for (const start = performance.now(); performance.now() - start < Number(given.seconds) * 1000 || times.length < 5; ) {
    const begin = performance.now();
    await session.run(feeds);
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  console.log(
    JSON.stringify({
      engine: `onnxruntime ${ort.env.versions.node}`,
      batch,
      rounds: times.length,
      ms: times[times.length >> 1] / batch,
      ms_best: times[0] / batch,
      outputs: session.outputNames,
    })
  );
}

main().catch((error) => {
  console.error(`ort_bench: ${error.message}`);
  process.exit(1);
});
