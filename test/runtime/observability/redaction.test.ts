import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../runtime/observability/logger.ts';

function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger('info', { component: 'test' }, { write: (line) => void lines.push(line) }));
  return lines.join('');
}

describe('the log', () => {
  it.each([
    ['a field', { password: 's3cr3t-value' }],
    ['a field deep inside', { a: { b: [{ secret_access_key: 's3cr3t-value' }] } }],
    ['a header', { headers: { Authorization: 's3cr3t-value' } }],
    ['an address', { url: 'https://user:s3cr3t-value@host.example.com/path' }],
    ['a query', { url: 'https://host.example.com/?X-Amz-Signature=s3cr3t-value&a=1' }],
    ['a bearer in a text', { text: 'sent Bearer s3cr3t-value1234' }],
    ['an rclone configuration', { output: 'type = s3\nsecret_access_key = s3cr3t-value\n' }],
    ['an error', { err: new Error('login with password=s3cr3t-value refused') }],
    ['the cause of an error', { err: new Error('x', { cause: { token: 's3cr3t-value' } }) }],
  ])('holds no secret from %s', (_name, record) => {
    const text = logged((logger) => logger.info(record, 'something'));
    expect(text).not.toContain('s3cr3t-value');
    expect(JSON.parse(text)).toMatchObject({ msg: 'something', level: 'info' });
  });

  it('holds no secret from the message', () => {
    const text = logged((logger) => logger.warn('https://u:s3cr3t-value@h/ failed'));
    expect(text).not.toContain('s3cr3t-value');
  });

  it('keeps what is public: token ids, addresses, hashes, error messages', () => {
    const record = {
      token_ids: ['1604001544'],
      url: 'wss://feed.example.com/ws/market?x=1',
      err: new Error('ECONNREFUSED'),
    };
    const text = logged((logger) => logger.info(record, 'x'));
    expect(text).toContain('1604001544');
    expect(text).toContain('wss://feed.example.com/ws/market?x=1');
    expect(text).toContain('ECONNREFUSED');
  });

  it('survives a record that contains itself', () => {
    const record: Record<string, unknown> = {};
    record['self'] = record;
    expect(logged((logger) => logger.info(record, 'x'))).toContain('too deep');
  });
});
