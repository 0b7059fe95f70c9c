import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../../runtime/thrown.ts';

/** A worker: loads the gates with one file changed, and tells which expectation that breaks. */
const { file, source, check } = workerData as {
  readonly file: string;
  readonly source: string;
  readonly check: string | null;
};
const changed = pathToFileURL(file).href;
let loaded = false;
registerHooks({
  load: (url, context, next) => {
    if (url !== changed) return next(url, context);
    loaded = true;
    return { format: 'module-typescript', source, shortCircuit: true };
  },
});

let broken: string | null;
try {
  const { brokenExpectation } = await import('./expectations.ts');
  // What no world loads, none can notice.
  broken = loaded ? await brokenExpectation(check) : null;
} catch (error) {
  broken = `it does not even load: ${messageOf(error)}`;
}
parentPort?.postMessage(broken);
