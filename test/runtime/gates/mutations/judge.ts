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
registerHooks({
  load: (url, context, next) =>
    url === changed
      ? { format: 'module-typescript', source, shortCircuit: true }
      : next(url, context),
});

let broken: string | null;
try {
  const { brokenExpectation } = await import('./expectations.ts');
  broken = await brokenExpectation(check);
} catch (error) {
  broken = `it does not even load: ${messageOf(error)}`;
}
parentPort?.postMessage(broken);
