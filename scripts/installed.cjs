// Runs on any Node, before anything that needs Node 24 or a package (alone or by --require): says what is missing
// instead of a stack trace, and ends the process.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const NEEDED = 24;
const major = Number(process.versions.node.split('.')[0]);
const installed = existsSync(join(__dirname, '..', 'node_modules', '.package-lock.json'));

if (!installed) {
  console.error('orderbooks: the packages are not installed. Install them with:  npm ci');
  process.exit(2);
} else if (major < NEEDED) {
  console.error(
    [
      `orderbooks: this needs Node ${NEEDED} and got ${process.versions.node}.`,
      'Node 24 is a development dependency, so that npm scripts use it whatever Node the machine has; its install',
      'script has not run. Install it with:  npm rebuild node  (and run this through npm, as in: npm run rehearse)',
    ].join('\n'),
  );
  process.exit(2);
}
