import { flushCompileCache, getCompileCacheDir } from 'node:module';

/**
 * Run once while the image is built, with `NODE_COMPILE_CACHE` naming a folder of the image: loads every command, so
 * that Node keeps their JavaScript there. Without it each start translates all TypeScript again, and the translator
 * stays in memory: 27 MB of the recorder's, for ever.
 */
const COMMANDS = [
  '../main.ts',
  '../recorder/command.ts',
  '../uploader/command.ts',
  '../inspector/command.ts',
  '../gates/verify.ts',
  '../evidence/service/command.ts',
];

if (getCompileCacheDir() === undefined) {
  throw new Error('expected NODE_COMPILE_CACHE to name a folder that can be written');
}
// `main.ts` would otherwise answer a call without a command with its help.
process.argv.push('--help');
for (const command of COMMANDS) await import(command);
flushCompileCache();
