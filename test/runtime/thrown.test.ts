import { expect, it } from 'vitest';
import { codeAndMessageOf, messageOf } from '../../runtime/thrown.ts';

const withCode = (code: unknown, message: string) => Object.assign(new Error(message), { code });

it.each<[string, unknown, string, string]>([
  ['an error', new RangeError('too far'), 'too far', 'too far'],
  ['no error', 'a text', 'a text', 'a text'],
  ['nothing', undefined, 'undefined', 'undefined'],
  ['a system error', withCode('EPIPE', 'write'), 'write', 'EPIPE: write'],
  ['a code that is no text', withCode(23, 'aborted'), 'aborted', 'aborted'],
  ['a code and no message', withCode('ECONNRESET', ''), '', 'ECONNRESET: Error'],
  [
    'every address of a name',
    new AggregateError([new Error('::1 refused'), new Error('127.0.0.1 refused')]),
    '',
    'Error: ::1 refused; Error: 127.0.0.1 refused',
  ],
])('%s is told in words', (_what, thrown, message, withItsCode) => {
  expect(messageOf(thrown)).toBe(message);
  expect(codeAndMessageOf(thrown)).toBe(withItsCode);
});
