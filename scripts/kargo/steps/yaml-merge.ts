import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mergeYaml } from '../../kustomize/yaml/merge.ts';
import type { YamlDocument } from '../../kustomize/yaml/node.ts';
import { readYaml } from '../../kustomize/yaml/read.ts';
import { writeYaml } from '../../kustomize/yaml/write.ts';
import { goQuote } from '../go-quote.ts';
import type { StepContext, StepResult, StepRunner } from '../step.ts';
import { validateConfig, type YamlMergeConfig } from './config.ts';
import { goFile, isMissing, readBytes } from './go-file.ts';
import { during, outcome } from './outcome.ts';
import { inside } from './work-folder.ts';

const KIND = 'yaml-merge';

/** Lays YAML files over each other, the later ones on top; the result comes out normalised in form. */
export const yamlMerge: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, () => mergeFiles(config as unknown as YamlMergeConfig, context)),
};

async function mergeFiles(
  { inFiles, outFile, ignoreMissingFiles = false }: YamlMergeConfig,
  { workDir }: StepContext,
): Promise<StepResult> {
  const present: string[] = [];
  for (const path of inFiles) {
    const file = inside(workDir, path);
    try {
      await stat(file);
      present.push(path);
    } catch (error) {
      if (isMissing(error) && ignoreMissingFiles) continue;
      const doing = isMissing(error)
        ? `input file ${goQuote(path)} not found`
        : `unexpected error with file ${goQuote(path)}`;
      await during(doing, () => goFile('stat', file, () => Promise.reject(error)));
    }
  }
  const target = inside(workDir, outFile);
  await during('error merging YAML files', async () => {
    const text = await mergedText(present.map((path) => inside(workDir, path)));
    await during(`error writing merged YAML to ${target}`, async () => {
      await goFile('mkdir', dirname(target), () =>
        mkdir(dirname(target), { recursive: true, mode: 0o700 }),
      );
      await goFile('open', target, () => writeFile(target, text, { mode: 0o600 }));
    });
  });
  const commitMessage = messageOf(present, outFile);
  return { status: 'Succeeded', ...(commitMessage === '' ? {} : { output: { commitMessage } }) };
}

async function mergedText(files: readonly string[]): Promise<string> {
  let merged: YamlDocument | undefined;
  for (const file of files) {
    const upper = await during(`error reading input file ${file}`, async () =>
      readYaml((await readBytes(file)).toString('utf8')),
    );
    if (upper.root === undefined) continue;
    merged = merged === undefined ? upper : mergeYaml(merged, upper);
  }
  return merged === undefined ? '' : writeYaml(merged);
}

function messageOf(paths: readonly string[], outFile: string): string {
  const [only, another] = paths;
  if (only === undefined) return '';
  if (another === undefined) return `Wrote ${only} to ${outFile}`;
  return `Merged ${paths.length} YAML files to ${outFile}${paths.map((path) => `\n- ${path}`).join('')}`;
}
