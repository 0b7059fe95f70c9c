import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Loaded before everything else of a process, and of those it starts: gives one module another source. */
const change: { readonly file: string; readonly source: string } = JSON.parse(
  readFileSync(process.env['ORDERBOOKS_CHANGED_SOURCE'] ?? '', 'utf8'),
);
const changed = pathToFileURL(change.file).href;
registerHooks({
  load: (url, context, next) =>
    url.replace(/\?.*$/, '') === changed
      ? { format: 'module-typescript', source: change.source, shortCircuit: true }
      : next(url, context),
});
