import { writeFile } from 'node:fs/promises';
import { OrderbooksError } from '../../../runtime/errors.ts';
import type { YamlNode } from '../../kustomize/yaml/node.ts';
import { readYaml } from '../../kustomize/yaml/read.ts';
import { parseGoFloat } from '../expr/go-float.ts';
import { fromJson } from '../expr/index.ts';
import { valueText } from '../expr/value-text.ts';
import { goQuote } from '../go-quote.ts';
import type { StepRunner } from '../step.ts';
import { type KeyUpdateConfig, validateConfig } from './config.ts';
import { readBytes } from './go-file.ts';
import { splitKey } from './key-path.ts';
import { during, outcome } from './outcome.ts';
import { inside } from './work-folder.ts';

const KIND = 'yaml-update';

/**
 * Replaces the rest of the line of existing scalars by new values, as Kargo does: it makes no keys, and a value with a
 * colon, of several lines or in a flow collection damages the file (facts/expr-and-templates.md, Steps).
 */
export const yamlUpdate: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => {
      const { path, updates } = config as unknown as KeyUpdateConfig;
      await during('values file update failed', () =>
        during(`error updating image references in values file ${goQuote(path)}`, async () => {
          const file = inside(context.workDir, path);
          const bytes = await during(`error reading file ${goQuote(file)}`, () => readBytes(file));
          const text = await during('error mutating bytes', async () =>
            withValues(bytes.toString('utf8'), updates),
          );
          await writeFile(file, text);
        }),
      );
      const lines = updates.map(({ key, value }) => `\n- ${key}: ${written(value)}`);
      return {
        status: 'Succeeded',
        output: { commitMessage: `Updated ${path}\n${lines.join('')}` },
      };
    }),
};

/** The text with the values set; Kargo looks all keys up in the text as it was. */
function withValues(text: string, updates: KeyUpdateConfig['updates']): string {
  const root = rootOf(text);
  const changes = new Map<number, { readonly column: number; readonly value: string }>();
  for (const { key, value } of updates) {
    const parts = said(`error splitting key ${key}`, () => splitKey(key));
    const node = said(`error finding key ${key}`, () => scalarAt(root, parts));
    const before = text.slice(0, node.offset).split('\n');
    const column = [...(before.at(-1) ?? '')].length;
    changes.set(before.length - 1, { column, value: written(value) });
  }
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines
    .map((line, index) => {
      const change = changes.get(index);
      const whole = line.replace(/\r$/, '');
      if (change === undefined) return `${whole}\n`;
      // Kargo counts the column in characters and cuts in bytes.
      const kept = Buffer.from(whole).subarray(0, change.column).toString('utf8');
      return `${kept}${kept.endsWith(' ') ? '' : ' '}${change.value}\n`;
    })
    .join('');
}

function rootOf(text: string): YamlNode | undefined {
  return said('error unmarshaling input', () => readYaml(text).root);
}

function scalarAt(node: YamlNode | undefined, parts: readonly string[]): YamlNode {
  const [part, ...rest] = parts;
  if (part === undefined) {
    if (node?.kind === 'scalar') return node;
    throw new OrderbooksError('KEY_NOT_SCALAR', 'key path does not address a scalar node');
  }
  if (node?.kind === 'mapping') {
    const at = node.content.findIndex((key, index) => index % 2 === 0 && key.value === part);
    if (at >= 0) return scalarAt(node.content[at + 1], rest);
  } else if (node?.kind === 'sequence') {
    if (!/^[+-]?\d+$/.test(part)) {
      const message = `strconv.Atoi: parsing ${goQuote(part)}: invalid syntax`;
      throw new OrderbooksError('KEY_INDEX', message);
    }
    const index = Number(part);
    if (index < 0) throw new RangeError(`runtime error: index out of range [${index}]`);
    if (index >= node.content.length) {
      throw new RangeError(
        `runtime error: index out of range [${index}] with length ${node.content.length}`,
      );
    }
    return scalarAt(node.content[index], rest);
  }
  throw new OrderbooksError('KEY_NOT_FOUND', 'key path not found');
}

/** A value as Kargo writes it into YAML: a text that would read as something else in quotes, the rest as Go prints it. */
function written(value: unknown): string {
  if (typeof value !== 'string') return valueText(fromJson(value));
  return readsAsOther(value) ? goQuote(value) : value;
}

const BOOLEANS: ReadonlySet<string> = new Set([
  't',
  'T',
  'true',
  'TRUE',
  'True',
  'f',
  'F',
  'false',
  'FALSE',
  'False',
]);

function readsAsOther(text: string): boolean {
  if (parseGoFloat(text) !== undefined || BOOLEANS.has(text)) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    // What is no JSON is a text.
    return false;
  }
}

function said<T>(doing: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    throw new OrderbooksError('YAML_UPDATE', `${doing}: ${error.message}`, { cause: error });
  }
}
