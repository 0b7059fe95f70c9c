import { OrderbooksError } from '../../../runtime/errors.ts';
import { goQuote } from '../go-quote.ts';

/**
 * The parts of a key such as `image.tag` or `list.0.name`. A dot or colon that belongs to a part has a backslash before
 * it; a colon at the start of a part says that digits are meant as a key.
 *
 * @throws OrderbooksError `KEY_MALFORMED` in Kargo's words
 */
export function splitKey(key: string): readonly string[] {
  const whole = key.trim();
  if (whole === '') throw malformed('empty key');
  const parts: string[] = [];
  let part = '';
  const finish = (): void => {
    if (part === '') throw malformed(`empty key part in key ${goQuote(whole)}`);
    parts.push(part);
    part = '';
  };
  for (let at = 0; at < whole.length; at += 1) {
    const sign = whole[at] ?? '';
    if (sign === '\\') {
      at += 1;
      const escaped = whole[at];
      if (escaped === undefined) break;
      if (escaped !== '.' && escaped !== ':') {
        throw malformed(`invalid escape sequence in key ${goQuote(whole)}`);
      }
      part += escaped;
    } else if (sign === '.') finish();
    else if (sign === ':') {
      if (part !== '') throw malformed(`unexpected colon in key ${goQuote(whole)}`);
    } else part += sign;
  }
  finish();
  return parts;
}

function malformed(message: string): OrderbooksError {
  return new OrderbooksError('KEY_MALFORMED', message);
}
