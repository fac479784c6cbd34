// Prints what the preload could have changed in an ordinary Node process.
const Module = require('node:module');

console.log(process.exit.toString());
console.log(Module._resolveFilename.toString());
console.log(process.listenerCount('worker'));
console.log(Object.keys(process.env).filter((name) => name.startsWith('JSII_')));
