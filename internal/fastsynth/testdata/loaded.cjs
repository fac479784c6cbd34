// A user's own preload: lists the modules that the kernel of jsii has loaded, in the file that LOADED_MODULES names.
const fs = require('node:fs');
const path = require('node:path');

if (path.basename(process.argv[1] ?? '') === 'program.js') {
  process.on('exit', () => fs.writeFileSync(process.env.LOADED_MODULES, Object.keys(require.cache).join('\n')));
}
