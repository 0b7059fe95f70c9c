import { describe, expect, it } from 'vitest';
import { parseSource, readSecret } from '../../../scripts/bootstrap/secret-source.ts';
import { Redaction } from '../../../scripts/cluster/redaction.ts';

const never = () => Promise.reject(new Error('asked'));
const read = (text: string, environment: NodeJS.ProcessEnv = {}) =>
  readSecret(parseSource('forge-token', text), new Redaction(), never, environment);

describe('where a secret comes from', () => {
  it.each(['env:marked_token', 'file:marked-token', 'file:/marked/token'])(
    'is not repeated where nothing is found by it, as for %s, which the shell may have made of a secret',
    async (text) => {
      const error = await read(text).catch((one: unknown) => one);
      expect(error).toMatchObject({ code: 'SECRET_MISSING' });
      expect(String(error)).toMatch(/--forge-token: the (variable|file) that it names/);
      expect(String(error)).not.toContain('marked');
    },
  );

  it('is a variable that is gone afterwards, and may be named by two options', async () => {
    const environment = { TOKEN: 'a secret' };
    expect(await read('env:TOKEN', environment)).toBe('a secret');
    expect(environment).toEqual({});
    expect(await read('env:TOKEN', environment)).toBe('a secret');
  });

  it('must not be empty', async () => {
    await expect(read('env:TOKEN', { TOKEN: ' \n' })).rejects.toMatchObject({
      code: 'SECRET_EMPTY',
    });
  });
});
