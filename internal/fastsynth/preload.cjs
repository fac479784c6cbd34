// Loaded into every Node process that the app starts (NODE_OPTIONS=--require), and acts in two of them only: the launcher
// and the kernel of jsii, recognised by their files. In every other process, and in worker threads, it changes nothing.
//
// jsii starts `jsii-runtime.*/bin/jsii-runtime.js` (the launcher: pipes and signals), which starts
// `jsii-runtime.*/lib/program.js` (the kernel: runs the constructs).
'use strict';

const childProcess = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { PassThrough } = require('node:stream');
const { isMainThread } = require('node:worker_threads');

const BINDINGS_INDEX = path.join('@cdktf', 'provider-aws', 'lib', 'index.js');

// The kernel talks to the launcher on KERNEL_PIPE, both ways. Given DIRECT, it has the app's own pipes as well.
const DIRECT = '--direct-pipes';
const [STDIN, STDOUT, KERNEL_PIPE, FROM_APP, TO_APP] = [0, 1, 3, 4, 5];

if (isMainThread && !process.env.AGENTTEAM_STOCK_JSII) {
  const script = process.argv[1] ?? '';
  if (path.basename(script) === 'jsii-runtime.js') {
    silenceAgeBanner();
    handPipesToKernel();
  } else if (isKernel(script)) {
    useLazyBindings();
    letIndexWorkersFinish();
    useDirectPipes();
  }
}

function isKernel(script) {
  const worker = path.join(path.dirname(script), 'runtime-index-worker.js');
  return path.basename(script) === 'program.js' && fs.existsSync(worker);
}

// The launcher greets every run on a Node release past its date, or newer than itself, with a box of fourteen lines.
// A release that is known to be broken still gets its warning.
function silenceAgeBanner() {
  const [major] = process.versions.node.split('.');
  process.env.JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION ??= major;
  process.env.JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION ??= '1';
  process.env.JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION ??= '1';
}

// The AWS bindings' entry point requires all of their 2,100 modules. The package also ships lib/lazy-index.js, with the
// same names, which requires a module when its name is first read; only its package.json does not mention it.
function useLazyBindings() {
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (...request) {
    const file = resolve.apply(this, request);
    return file.endsWith(BINDINGS_INDEX) ? lazySibling(file) : file;
  };
}

function lazySibling(file) {
  const lazy = path.join(path.dirname(file), 'lazy-index.js');
  return fs.existsSync(lazy) ? lazy : file;
}

// On a package's first load the kernel reads its whole description (120 MB for AWS) and has a worker thread write an
// index of it, so that later loads read only the types in use. jsii means the worker to keep the process alive, but the
// kernel ends with process.exit, which kills it: a fast run would leave no index, and every following run would read
// the 120 MB again. So process.exit waits for the workers that still run.
function letIndexWorkersFinish() {
  const exit = process.exit;
  const workers = new Set();
  process.on('worker', (worker) => {
    workers.add(worker);
    worker.once('exit', () => workers.delete(worker));
  });
  process.exit = function (code) {
    if (workers.size === 0) {
      exit.call(process, code);
    }
    Promise.allSettled([...workers].map((worker) => once(worker, 'exit'))).then(() => exit.call(process, code));
  };
}

// The launcher copies each request and each answer from pipe to pipe, which is a fifth of the time of a run of 1,600
// requests. So the kernel gets the app's pipes themselves, and the launcher must read none of its input. The app made
// them blocking when it started the launcher (os/exec does), as the kernel's synchronous reads need. Windows keeps the
// copying: there the pipes are of another kind.
function handPipesToKernel() {
  if (process.platform === 'win32') {
    return;
  }
  const spawn = childProcess.spawn;
  childProcess.spawn = (command, args, options) =>
    spawn(command, [...args, DIRECT], { ...options, stdio: [...options.stdio, STDIN, STDOUT] });
  Object.defineProperty(process, 'stdin', { value: new PassThrough() });
}

function useDirectPipes() {
  if (!process.argv.includes(DIRECT)) {
    return;
  }
  const { readSync, writeSync } = fs;
  fs.readSync = (fd, ...rest) => readSync(fd === KERNEL_PIPE ? FROM_APP : fd, ...rest);
  fs.writeSync = (fd, ...rest) => writeSync(fd === KERNEL_PIPE ? TO_APP : fd, ...rest);
}
