import { writeFile } from 'node:fs/promises';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { valueText } from '../expr/value-text.ts';
import { goQuote } from '../go-quote.ts';
import type { StepRunner } from '../step.ts';
import { type KeyUpdateConfig, validateConfig } from './config.ts';
import { readBytes } from './go-file.ts';
import { jsonSet } from './json-set.ts';
import { during, outcome } from './outcome.ts';
import { inside } from './work-folder.ts';

const KIND = 'json-update';

/** Sets scalars in a JSON file and leaves every other byte alone; keys that are missing are made. */
export const jsonUpdate: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => {
      const { path, updates } = config as unknown as KeyUpdateConfig;
      const scalars: [string, string | number | boolean][] = [];
      await during('JSON file update failed', async () => {
        const file = inside(context.workDir, path);
        const bytes = await during(`error reading JSON file ${goQuote(file)}`, () =>
          readBytes(file),
        );
        let text = bytes.toString('utf8');
        for (const { key, value } of updates) {
          if (!isScalar(value)) {
            throw new OrderbooksError(
              'JSON_VALUE',
              `value for key ${goQuote(key)} is not a scalar type`,
            );
          }
          const before = text;
          text = await during(`error setting key ${goQuote(key)} in JSON file`, async () =>
            jsonSet(before, key, rawOf(value)),
          );
          scalars.push([key, value]);
        }
        await writeFile(file, text);
      });
      const lines = scalars.map(
        ([key, value]) =>
          `\n- ${key}: ${typeof value === 'string' ? goQuote(value) : valueText(value)}`,
      );
      return {
        status: 'Succeeded',
        output: { commitMessage: `Updated ${path}\n${lines.join('')}` },
      };
    }),
};

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** Numbers without exponent, as sjson writes them. */
function rawOf(value: string | number | boolean): string {
  const text = JSON.stringify(value);
  if (typeof value !== 'number' || !text.includes('e')) return text;
  return Number.isInteger(value) ? String(BigInt(value)) : plainDecimal(text);
}

/** `1.5e-7` as `0.00000015`. */
function plainDecimal(text: string): string {
  const [, sign = '', digits = '', fraction = '', exponent = '0'] =
    /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text) ?? [];
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${digits}${fraction}`;
}
