'use strict';
// Runs the prepared WebAssembly build of Lean as a persistent worker behind one descriptor.
//
//   node --stack-size=8000 --permission --allow-fs-read=PREPARED/* --allow-fs-read=RUNTIME/* --allow-worker \
//        --allow-natives-syntax --disallow-code-generation-from-strings \
//        RUNTIME/runner.js PREPARED RUNTIME/checker.lean DESCRIPTOR MODULES CODE [BUDGET DEFAULT]
//   node ... RUNTIME/runner.js PREPARED RUNTIME/compiler.lean compile MODULES checker mutator
//
// MODULES is a folder that may hold `checker.olean`, the script as `compiler.lean` has compiled it (the second command
// writes it there); without it Lean elaborates and compiles the script's text each time.
//
// CODE is a file with machine code that the engine made of the module's busy functions in an earlier process; without
// it, or where the engine does not take it, they are compiled again while Lean runs. With BUDGET it is written when there
// is no further frame: a function counts as busy when it has done so much work, where the engine asks for DEFAULT.
//
// DESCRIPTOR is a stream socket that carries frames (four bytes of length, then so many bytes) both ways. What comes in
// is handed to the script as standard input, frame after frame. Of what the script writes, only lines that start with
// `@@` leave, one frame each: the rest of the line, which is a JSON object, gets resident size and processor time of this process added.
// If it has a field "export", the address of an array of `Item` in the memory of Lean, the declarations in it follow in
// the frame after a line feed, as bytes that `checker.lean` reads (see `decode` there).
//
// Lean sees /lib/lean and /checker (the directory of the script), both read-only, and an empty file system in memory.

const fs = require('fs');
const path = require('path');
const v8 = require('v8');
const vm = require('vm');

const args = process.argv.slice(2);
const prepared = path.resolve(args[0]);
const script = path.resolve(args[1]);
const compiling = args[2] === 'compile';
const channel = Number(args[2]);
const modules = args[3] && path.resolve(args[3]);
const code = compiling ? '' : args[4];
const saving = !compiling && args.length > 5;
const setBusy = (work) => v8.setFlagsFromString(`--wasm-tiering-budget=${Number(work)}`);
const glue = path.join(prepared, 'lean.js');

// The glue is a classic script: it looks these names up in the global object.
global.require = require;
global.__filename = glue; // also the file that its worker threads start from
global.__dirname = prepared; // lean.wasm and syms.json are looked for here

// ---- what Lean may do with the host's files: read

function denyWrites(FS, NODEFS) {
  const EROFS = 69;
  const deny = () => { throw new FS.ErrnoError(EROFS); };
  for (const op of ['mknod', 'rename', 'unlink', 'rmdir', 'symlink', 'setattr']) NODEFS.node_ops[op] = deny;
  for (const op of ['write', 'allocate', 'msync']) if (op in NODEFS.stream_ops) NODEFS.stream_ops[op] = deny;
  const O_ACCMODE = 3, O_CREAT = 64, O_TRUNC = 512, O_APPEND = 1024;
  const open = NODEFS.stream_ops.open;
  NODEFS.stream_ops.open = function (stream) {
    if (stream.flags & (O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND)) deny();
    return open.call(this, stream);
  };
}

// Streams 0-2 are open by now. Without their names checked code cannot reopen them to read requests or write answers.
function hideTerminals(FS) {
  for (const name of ['/dev/stdin', '/dev/stdout', '/dev/stderr', '/dev/tty', '/dev/tty1']) {
    try { FS.unlink(name); } catch { /* absent */ }
  }
  try { FS.unmount('/proc/self/fd'); } catch { /* absent */ }
}

// ---- frames

function readExactly(size) {
  const data = Buffer.alloc(size);
  let done = 0;
  while (done < size) {
    const count = fs.readSync(channel, data, done, size - done);
    if (count === 0) return null;
    done += count;
  }
  return data;
}

function readFrame() {
  const header = readExactly(4);
  return header === null ? null : readExactly(header.readUInt32BE(0));
}

function writeFrame(parts) {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(parts.reduce((total, part) => total + part.length, 0));
  for (const part of [header, ...parts]) {
    let done = 0;
    while (done < part.length) done += fs.writeSync(channel, part, done, part.length - done);
  }
}

// ---- the object graph of Lean as bytes
//
// A Lean object on a 32-bit machine: a header of eight bytes whose last one is the constructor's number, then the
// fields. Small numbers and constructors without fields are odd "pointers". Metadata, binder names and binder kinds say
// nothing about what is proved and are left out.

const ANONYMOUS = 1, HEADER = 8;
const TAG = { nameString: 1, nameNumber: 2, succ: 10, max: 11, imax: 12, param: 13, bvar: 20, sort: 21, constant: 22,
  app: 23, lambda: 24, pi: 25, let: 26, natural: 27, string: 28, projection: 29, item: 40, end: 63 };
const EXPR = { bvar: 0, sort: 3, constant: 4, app: 5, lambda: 6, pi: 7, let: 8, literal: 9, metadata: 10, projection: 11 };
const LARGEST_WORD = (1 << 24) - 1;

class Exporter {
  constructor(memory) {
    this.u8 = new Uint8Array(memory);
    this.u32 = new Uint32Array(memory);
    this.out = Buffer.alloc(1 << 16);
    this.size = 0;
    // Address -> number, and record -> number; number 0 is the anonymous name, and the level zero.
    this.names = new Map([[ANONYMOUS, 0]]);
    this.nameRecords = new Map([['', 0]]);
    this.levels = new Map();
    this.levelRecords = new Map([['', 0]]);
    this.exprs = new Map();
    this.exprRecords = new Map();
  }

  field(object, index) { return this.u32[(object + HEADER >> 2) + index]; }
  tag(object) { return object & 1 ? object >> 1 : this.u8[object + 7]; }

  byte(value) {
    if (this.size === this.out.length) this.out = Buffer.concat([this.out, Buffer.alloc(this.out.length)]);
    this.out[this.size++] = value;
  }
  word(value) {
    if (!(value >= 0 && value <= LARGEST_WORD)) throw new Error('export: number too large');
    this.byte(value & 255); this.byte(value >> 8 & 255); this.byte(value >> 16);
  }
  bytes(data) {
    this.word(data.length);
    for (const value of data) this.byte(value);
  }
  text(object) { // size, capacity, length, then UTF-8 with a final zero
    const size = this.field(object, 0);
    this.bytes(this.u8.subarray(object + 20, object + 20 + size - 1));
  }
  natural(object) {
    if (object & 1) return BigInt(object >>> 1);
    const count = this.field(object, 1), digits = this.field(object, 2); // sign, number of digits, digits
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = value << 32n | BigInt(this.u32[(digits >> 2) + i]);
    return value;
  }
  decimal(object) { this.bytes(Buffer.from(this.natural(object).toString())); }
  list(object) {
    const found = [];
    for (; !(object & 1); object = this.field(object, 1)) found.push(this.field(object, 0));
    return found;
  }

  // What has been written since `start` is a record; an equal one may be there already.
  number(table, start) {
    const key = this.out.latin1Slice(start, this.size);
    const known = table.get(key);
    if (known !== undefined) { this.size = start; return known; }
    table.set(key, table.size);
    return table.size - 1;
  }

  name(object) {
    const known = this.names.get(object);
    if (known !== undefined) return known;
    const prefix = this.name(this.field(object, 0)), start = this.size;
    if (this.tag(object) === 1) {
      this.byte(TAG.nameString); this.word(prefix); this.text(this.field(object, 1));
    } else {
      this.byte(TAG.nameNumber); this.word(prefix); this.decimal(this.field(object, 1));
    }
    const number = this.number(this.nameRecords, start);
    this.names.set(object, number);
    return number;
  }

  level(object) {
    const tag = this.tag(object);
    if (tag === 0) return 0;
    const known = this.levels.get(object);
    if (known !== undefined) return known;
    let words;
    if (tag === 1) words = [TAG.succ, this.level(this.field(object, 0))];
    else if (tag === 2) words = [TAG.max, this.level(this.field(object, 0)), this.level(this.field(object, 1))];
    else if (tag === 3) words = [TAG.imax, this.level(this.field(object, 0)), this.level(this.field(object, 1))];
    else if (tag === 4) words = [TAG.param, this.name(this.field(object, 0))];
    else throw new Error('export: universe metavariable');
    const start = this.size;
    this.byte(words[0]); words.slice(1).forEach((word) => this.word(word));
    const number = this.number(this.levelRecords, start);
    this.levels.set(object, number);
    return number;
  }

  // Proof terms are deep, so the walk keeps its own stack: first the parts, then the node itself.
  expr(root) {
    const pending = [root];
    while (pending.length) {
      const object = pending[pending.length - 1];
      if (this.exprs.has(object)) { pending.pop(); continue; }
      const parts = this.parts(object);
      const missing = parts.filter((part) => !this.exprs.has(part));
      if (missing.length) { pending.push(...missing.reverse()); continue; }
      pending.pop();
      const done = parts.map((part) => this.exprs.get(part));
      this.exprs.set(object, this.tag(object) === EXPR.metadata ? done[0] : this.node(object, done));
    }
    return this.exprs.get(root);
  }

  parts(object) {
    switch (this.tag(object)) {
      case EXPR.app: return [this.field(object, 0), this.field(object, 1)];
      case EXPR.lambda: case EXPR.pi: return [this.field(object, 1), this.field(object, 2)];
      case EXPR.let: return [this.field(object, 1), this.field(object, 2), this.field(object, 3)];
      case EXPR.metadata: return [this.field(object, 1)];
      case EXPR.projection: return [this.field(object, 2)];
      default: return [];
    }
  }

  node(object, done) {
    switch (this.tag(object)) {
      case EXPR.bvar: return this.record(TAG.bvar, [Number(this.natural(this.field(object, 0)))]);
      case EXPR.sort: return this.record(TAG.sort, [this.level(this.field(object, 0))]);
      case EXPR.constant: {
        const name = this.name(this.field(object, 0));
        const levels = this.list(this.field(object, 1)).map((level) => this.level(level));
        return this.record(TAG.constant, [name, levels.length, ...levels]);
      }
      case EXPR.app: return this.record(TAG.app, done);
      case EXPR.lambda: return this.record(TAG.lambda, done);
      case EXPR.pi: return this.record(TAG.pi, done);
      case EXPR.let: return this.record(TAG.let, done);
      case EXPR.literal: {
        const literal = this.field(object, 0), value = this.field(literal, 0), start = this.size;
        if (this.tag(literal) === 0) { this.byte(TAG.natural); this.decimal(value); }
        else { this.byte(TAG.string); this.text(value); }
        return this.number(this.exprRecords, start);
      }
      case EXPR.projection: {
        const name = this.name(this.field(object, 0));
        return this.record(TAG.projection, [name, Number(this.natural(this.field(object, 1))), ...done]);
      }
      default: throw new Error('export: free variable or metavariable');
    }
  }

  record(tag, words) {
    const start = this.size;
    this.byte(tag);
    words.forEach((word) => this.word(word));
    return this.number(this.exprRecords, start);
  }

  // An `Item`: kind, name, universe parameters, type, value, number, constructors.
  item(object) {
    const parameters = this.list(this.field(object, 2)).map((name) => this.name(name));
    const name = this.name(this.field(object, 1));
    const type = this.expr(this.field(object, 3)), value = this.expr(this.field(object, 4));
    const constructors = this.list(this.field(object, 6)).map(
      (pair) => [this.name(this.field(pair, 0)), this.expr(this.field(pair, 1))]);
    this.byte(TAG.item);
    this.word(Number(this.natural(this.field(object, 0))));
    this.word(name); this.word(parameters.length); parameters.forEach((parameter) => this.word(parameter));
    this.word(type); this.word(value);
    this.word(Number(this.natural(this.field(object, 5))));
    this.word(constructors.length);
    for (const [constructor, its] of constructors) { this.word(constructor); this.word(its); }
  }

  items(array) {
    const count = this.field(array, 0);
    for (let i = 0; i < count; i++) this.item(this.field(array, 2 + i));
    this.byte(TAG.end);
    return this.out.subarray(0, this.size);
  }
}

// ---- code that outlives a process

function writeWhole(file, data) {
  fs.writeFileSync(file + '.part', data);
  fs.renameSync(file + '.part', file);
}

let leanModule;

// The engine's own functions for this have no other name. It refuses code of another version, processor or set of flags.
function restored(bytes) {
  try {
    const file = fs.readFileSync(code);
    const restore = vm.runInThisContext('(code, bytes) => %DeserializeWasmModule(code, bytes)');
    return file.length === 0 ? undefined : restore(file.buffer, bytes);
  } catch { return undefined; }
}

function save() {
  setBusy(args[6]); // code remembers the flags that were set when it was written
  const serialize = vm.runInThisContext('(module) => %SerializeWasmModule(module)');
  writeWhole(code, Buffer.from(serialize(leanModule)));
}

function instantiate(imports, done) {
  const bytes = fs.readFileSync(path.join(prepared, 'lean.wasm'));
  leanModule = restored(bytes) ?? new WebAssembly.Module(bytes);
  bytes.buffer.transfer(0); // 116 MB that would otherwise wait for the garbage collector
  WebAssembly.instantiate(leanModule, imports).then((instance) => done(instance, leanModule));
  return {};
}

// ---- the standard streams of the script

function frameInput() {
  let rest = Buffer.alloc(0);
  return (_stream, buffer, offset, length) => {
    if (rest.length === 0) {
      const frame = readFrame();
      if (frame === null) {
        if (saving) save();
        process.exit(0); // Lean does not end well by itself
      }
      rest = frame;
    }
    const count = Math.min(length, rest.length);
    for (let i = 0; i < count; i++) buffer[offset + i] = rest[i];
    rest = rest.subarray(count);
    return count;
  };
}

function answer(line) {
  const record = JSON.parse(line);
  const parts = [];
  if ('export' in record) {
    try {
      parts.push(Buffer.from('\n'), new Exporter(globalThis.wasmMemory.buffer).items(record.export));
    } catch (error) {
      parts.length = 0;
      record.status = 'failed';
      record.reason = String(error.message).slice(0, 200);
    }
    delete record.export;
  }
  const { user, system } = process.cpuUsage();
  record.rss = process.memoryUsage.rss();
  record.cpu = (user + system) / 1e6;
  writeFrame([Buffer.from(JSON.stringify(record)), ...parts]);
}

function frameOutput() {
  const MOST = 64 << 20;
  let pending = [], size = 0;
  return (_stream, buffer, offset, length) => {
    const data = Buffer.from(buffer.slice(offset, offset + length));
    let start = 0;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, start)) {
      const line = Buffer.concat([...pending, data.subarray(start, end)]);
      pending = []; size = 0; start = end + 1;
      if (line[0] === 64 && line[1] === 64) answer(line.subarray(2).toString('utf8'));
    }
    if (start < data.length && size < MOST) { pending.push(data.subarray(start)); size += data.length - start; }
    return length;
  };
}

if (saving) setBusy(args[5]);
process.env.LEAN_PATH = '/lib/lean:/modules';
const name = path.basename(script, '.lean');
const compiled = !compiling && modules && fs.statSync(path.join(modules, name + '.olean'), { throwIfNoEntry: false })?.size > 0;
const started = compiled ? '/start.lean' : '/checker/' + path.basename(script);
process.argv = [process.argv[0], '/bin/lean', '--run', started, ...(compiling ? args.slice(4) : [])];

global.Module = {
  instantiateWasm: instantiate,
  preRun: [() => {
    const { FS, NODEFS } = globalThis;
    for (const directory of ['/bin', '/lib', '/lib/lean', '/checker', '/modules', process.cwd(), prepared]) FS.mkdirTree(directory);
    FS.writeFile('/bin/lean', ''); // Lean finds its library relative to its own file name
    FS.mount(NODEFS, { root: path.join(prepared, 'lib') }, '/lib/lean');
    FS.mount(NODEFS, { root: path.dirname(script) }, '/checker');
    if (compiled) {
      FS.mount(NODEFS, { root: modules }, '/modules');
      FS.writeFile(started, `import ${name}\n`); // its `main` is the one that runs
    }
    denyWrites(FS, NODEFS);
  }],
  onRuntimeInitialized() {
    if (compiling) return;
    const { FS } = globalThis;
    const input = frameInput(), output = frameOutput();
    FS.streams[0].stream_ops = { ...FS.streams[0].stream_ops, read: input };
    FS.streams[1].stream_ops = { ...FS.streams[1].stream_ops, write: output };
    FS.streams[2].stream_ops = { ...FS.streams[2].stream_ops, write: (_stream, _buffer, _offset, length) => length };
    hideTerminals(FS);
  },
  onExit() {
    if (!compiling) return;
    const { FS } = globalThis;
    for (const file of FS.readdir('/modules')) {
      if (file.endsWith('.olean')) writeWhole(path.join(modules, file), FS.readFile('/modules/' + file));
    }
  },
};

vm.runInThisContext(fs.readFileSync(glue, 'utf8'), { filename: glue });
