// Keeps what Node makes of the sources from one run to the next. To translate and compile them anew took longer than most
// commands work. In the user's own folder: what others could write, they could make us run. NODE_DISABLE_COMPILE_CACHE=1
// turns it off; where it cannot be written, Node does without.
const { enableCompileCache } = require('node:module');
const { homedir } = require('node:os');
const { join } = require('node:path');

const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
enableCompileCache?.(join(caches, 'orderbooks', 'compiled'));
