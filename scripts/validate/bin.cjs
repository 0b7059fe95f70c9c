#!/usr/bin/env node
// orderbooks-validate: runs on any Node, and hands over to the Node 24 that is installed with this package.
const { spawnSync } = require('node:child_process');
const { existsSync, realpathSync } = require('node:fs');
const { dirname, join } = require('node:path');

const NEEDED = 24;
const home = dirname(realpathSync(__filename));
const own = join(home, '..', '..', 'node_modules', 'node', 'bin', 'node');
const current = Number(process.versions.node.split('.')[0]) >= NEEDED;
if (!current && !existsSync(own)) {
  console.error(
    `orderbooks-validate: this needs Node ${NEEDED} and got ${process.versions.node}; install it, or run npm ci in ${join(home, '..', '..')}`,
  );
  process.exitCode = 2;
} else {
  const { status } = spawnSync(
    current ? process.execPath : own,
    [join(home, 'main.ts'), ...process.argv.slice(2)],
    { stdio: 'inherit' },
  );
  process.exitCode = status ?? 2;
}
