// Takes half a second to write the file that it is given.
const fs = require('node:fs');
const { workerData } = require('node:worker_threads');

setTimeout(() => fs.writeFileSync(workerData, 'index'), 500);
