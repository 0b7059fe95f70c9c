import { OrderbooksError } from '../../../runtime/errors.ts';
import { Fault } from '../expr/error.ts';
import { parseJson } from '../expr/json-parse.ts';
import type { Value } from '../expr/value.ts';
import { clockFunctions } from '../functions/clock.ts';
import { goQuote } from '../go-quote.ts';
import type { StepRunner } from '../step.ts';
import { type ParseConfig, validateConfig } from './config.ts';
import { BY_EXPRESSION, evaluateOutputs } from './expression-outputs.ts';
import { readBytes } from './go-file.ts';
import { during, outcome } from './outcome.ts';
import { inside } from './work-folder.ts';
import { yamlValue } from './yaml-value.ts';

/** Gives values of a YAML file as outputs. */
export const yamlParse = parser('yaml-parse', 'YAML', (text, file) => {
  if (text === '') {
    throw new OrderbooksError('FILE_EMPTY', `could not parse empty YAML file: ${goQuote(file)}`);
  }
  return yamlValue(text);
});

/** Gives values of a JSON file as outputs. */
export const jsonParse = parser('json-parse', 'JSON', parseJson);

function parser(
  kind: string,
  format: string,
  parse: (text: string, file: string) => Value,
): StepRunner {
  return {
    kind,
    validate: (config) => validateConfig(kind, config),
    run: (config, context) =>
      outcome(context, async () => {
        const { path, outputs } = config as unknown as ParseConfig;
        const file = inside(context.workDir, path);
        const bytes = await during(`error reading ${format} file ${goQuote(file)}`, () =>
          readBytes(file),
        );
        const data = parsed(() => parse(bytes.toString('utf8'), file), format);
        const made = await during('failed to extract outputs', async () =>
          evaluateOutputs(outputs, data, clockFunctions(context.world), BY_EXPRESSION),
        );
        return { status: 'Succeeded', ...made };
      }),
  };
}

function parsed(parse: () => Value, format: string): Value {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const message = `could not parse ${format} file: ${error.message}`;
    throw new OrderbooksError('FILE_MALFORMED', message, { cause: error });
  }
}
