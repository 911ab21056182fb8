'use strict';
// The WebAssembly build of Lean under Node, with the streams of an ordinary program: what stands in for an installed
// `lean` in the tests.
//
//   node --stack-size=8000 wasm_lean.js PREPARED SCRIPT
//
// PREPARED is what `reasoning setup lean` writes. Lean runs SCRIPT (`lean --run`); standard input and output are this
// process's own. Its library is /lib/lean, the script's folder /script.

const fs = require('fs');
const path = require('path');
const vm = require('vm');

const [prepared, script] = process.argv.slice(2).map((argument) => path.resolve(argument));
const glue = path.join(prepared, 'lean.js');

global.require = require;
global.__filename = glue;
global.__dirname = prepared;
process.env.LEAN_PATH = '/lib/lean';
process.argv = [process.argv[0], '/bin/lean', '--run', '/script/' + path.basename(script)];

function standardInput(_stream, buffer, offset, length) {
  const part = Buffer.alloc(length);
  const count = fs.readSync(0, part, 0, length);
  for (let i = 0; i < count; i++) buffer[offset + i] = part[i];
  return count;
}

function standardOutput(_stream, buffer, offset, length) {
  const data = Buffer.from(buffer.slice(offset, offset + length));
  let done = 0;
  while (done < length) done += fs.writeSync(1, data, done, length - done);
  return length;
}

global.Module = {
  preRun: [() => {
    const { FS, NODEFS } = globalThis;
    for (const directory of ['/bin', '/lib', '/lib/lean', '/script', process.cwd(), prepared]) FS.mkdirTree(directory);
    FS.writeFile('/bin/lean', '');
    FS.mount(NODEFS, { root: path.join(prepared, 'lib') }, '/lib/lean');
    FS.mount(NODEFS, { root: path.dirname(script) }, '/script');
  }],
  onRuntimeInitialized() {
    const { streams } = globalThis.FS;
    streams[0].stream_ops = { ...streams[0].stream_ops, read: standardInput };
    streams[1].stream_ops = { ...streams[1].stream_ops, write: standardOutput };
  },
};

vm.runInThisContext(fs.readFileSync(glue, 'utf8'), { filename: glue });
