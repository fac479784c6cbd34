// Ends as the kernel of jsii does: with process.exit, while its index worker still writes.
const path = require('node:path');
const { Worker } = require('node:worker_threads');

new Worker(path.join(__dirname, 'runtime-index-worker.js'), { workerData: process.argv[2] });
setImmediate(() => process.exit(3));
