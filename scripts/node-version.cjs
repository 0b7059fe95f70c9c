// Runs on any Node, before anything that needs Node 24: says what is missing instead of a syntax error.
const NEEDED = 24;

const major = Number(process.versions.node.split('.')[0]);
if (major < NEEDED) {
  console.error(
    [
      `orderbooks: this needs Node ${NEEDED} and got ${process.versions.node}.`,
      'Node 24 is a development dependency of this repository, so that npm scripts use it whatever Node the machine has.',
      'Install it with:  npm ci',
      'If that was done with scripts switched off:  npm rebuild node',
    ].join('\n'),
  );
  process.exit(2);
}
