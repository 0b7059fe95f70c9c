import { Fault } from '../expr/error.ts';
import type { FunctionTable } from '../expr/host.ts';
import type { Value } from '../expr/value.ts';
import { goJson, goJsonIndented } from '../go-json.ts';
import { goQuote } from '../go-quote.ts';
import { goYaml } from '../go-yaml.ts';

const ANY_TO_TEXT = ['func(interface {}) string'];

/** Functions every template has. Each encloses its result in quotes, which keep the template from coercing it. */
export const quotingFunctions: FunctionTable = {
  quote: {
    types: ANY_TO_TEXT,
    call: (value) => (typeof value === 'string' ? goQuote(value) : unsafelyQuoted(value)),
  },
  unsafeQuote: { types: ANY_TO_TEXT, call: unsafelyQuoted },
  asYAML: { types: ANY_TO_TEXT, call: (value) => `"${applied('asYAML', goYaml, value)}"` },
  asJSON: {
    types: ANY_TO_TEXT,
    call: (value) => `"${applied('asJSON', goJsonIndented, value)}\n"`,
  },
};

function unsafelyQuoted(value: Value | undefined): Value {
  return `"${applied('quote', goJson, value)}"`;
}

function applied(name: string, write: (value: Value) => string, value: Value | undefined): string {
  try {
    return write(value ?? null);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(`error applying ${name}() function: ${error.message}`, { cause: error });
  }
}
