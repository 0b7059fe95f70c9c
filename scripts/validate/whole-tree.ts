import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isFields } from './fields.ts';
import { KUSTOMIZATION_FILE } from './kustomization-file.ts';
import type { SourceFile } from './source-file.ts';

/** Folders that hold what others wrote, or no manifests. */
const LEFT_OUT = /^(\..+|node_modules)$/;

/** Whether a folder of a foreign repository is looked into; one that is hidden is not. */
export function isLookedInto(name: string): boolean {
  return !LEFT_OUT.test(name);
}

/**
 * Why a file of a foreign repository is not checked, or null if it is a manifest (or a kustomization). Such a repository
 * holds templates, values of charts and all kinds of configuration; saying that they are broken would be wrong, and
 * passing them over in silence, too.
 */
export function whyNotChecked(root: string, source: SourceFile): string | null {
  if (KUSTOMIZATION_FILE.test(source.file)) return null;
  const chart = chartOf(root, source.file);
  if (chart !== null && source.file.startsWith(posix.join(chart, 'templates/'))) {
    return `it is a template of the Helm chart ${chart}: render it and check the outcome`;
  }
  if (!source.whole) {
    // Binary, or larger than any manifest.
    if (source.text === '') return null;
    // `${{ }}` is Kargo's, and valid YAML.
    if (/(^|[^$])\{\{/.test(source.text)) return 'it is a template that something else renders';
    return /^apiVersion:/m.test(source.text) && /^kind:/m.test(source.text)
      ? null
      : 'it cannot be read as YAML, and does not look like a manifest';
  }
  if (source.documents.some(({ value }) => isFields(value) && typeof value['kind'] === 'string')) {
    return null;
  }
  return 'it is no Kubernetes manifest: it has no kind';
}

/** The nearest folder above a file that is a Helm chart. */
function chartOf(root: string, file: string): string | null {
  for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
    if (existsSync(join(root, folder, 'Chart.yaml'))) return folder;
    if (folder === '.') return null;
  }
}
