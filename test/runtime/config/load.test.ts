import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../../runtime/config/configuration.ts';
import { ConfigurationError } from '../../../runtime/config/error.ts';
import { type GivenValues, loadYaml } from '../../../runtime/config/load.ts';
import { configuration } from '../../../runtime/config/schema.ts';
import { policy } from '../../../runtime/gates/policy.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'orderbooks-config-'));
  file = join(folder, 'config.yaml');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(text: string, overrides?: string) {
  writeFileSync(file, text);
  return loadYaml(file, configuration, overrides);
}

function failure(text: string, overrides?: string): ConfigurationError {
  try {
    load(text, overrides);
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('expected a ConfigurationError, none was thrown');
}

describe('a configuration file', () => {
  it('fills in defaults and turns durations into milliseconds', () => {
    const { value } = load('discovery:\n  lookAhead: 10m\n');
    expect(value.discovery.lookAhead).toBe(600_000);
    expect(value.recorder.pingInterval).toBe(10_000);
  });

  it('may be empty or hold comments only', () => {
    expect(load('').value.http.port).toBe(8080);
    expect(load('# nothing yet\n').value.http.port).toBe(8080);
  });

  it('names file, line, path, value and the key that was meant for an unknown key', () => {
    const error = failure('http:\n  port: 1\ndiscovery:\n  market_limit: 2\n');
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe(
      `${file}:4:17: discovery.market_limit: unknown key (value 2); did you mean "marketLimit"?`,
    );
  });

  it('finds a key that stands under the wrong parent', () => {
    expect(failure('gzipLevel: 3\n').message).toContain('did you mean "archive.gzipLevel"?');
  });

  it('lists the known keys where nothing is near', () => {
    expect(failure('http: {zebra: 1}\n').message).toContain('known keys here: port');
  });

  it('names the value of a wrong type', () => {
    const { message } = failure('http: {port: "eighty"}\n');
    expect(message).toContain(`${file}:1:14: http.port: expected number; got "eighty"`);
  });

  it('explains a wrong duration', () => {
    const { message } = failure('archive:\n  rotateAfter: 5 minutes\n');
    expect(message).toMatch(/archive\.rotateAfter: expected a duration such as 500ms.*5 minutes/);
  });

  it.each([
    ['archive: {rotateAfter: 5}', 'rotateAfter: expected a duration such as 500ms'],
    // Node fires a timer at once that is longer than it can count.
    ['recorder: {checkpointInterval: 30d}', 'checkpointInterval: expected at most 24d; got "30d"'],
    ['discovery: {interval: 0s}', 'interval: expected at least 1ms; got "0s"'],
    ['feed: {gammaUrl: gamma-api.polymarket.com}', 'expected an address that begins with https://'],
    ['feed: {websocketUrl: "https://ws/market"}', 'expected an address that begins with wss://'],
    [
      'uploader: {remote: {type: rclone, target: archive}}',
      'such as archive:orderbooks; got "archi',
    ],
    ['uploader: {remote: {type: directory, target: mnt}}', 'such as /mnt/archive; got "mnt"'],
  ])('says what was expected instead: %s', (text, expected) => {
    expect(failure(`${text}\n`).message).toContain(expected);
  });

  it('reports everything that is wrong at once', () => {
    const lines = failure('htp: {}\narchive: {gzipLevel: 12}\nlog: {level: loud}\n').message;
    expect(lines.split('\n')).toHaveLength(3);
  });

  it('refuses text that is no YAML, with the line', () => {
    const error = failure('http:\n  port: 1\n port: 2\n');
    expect(error.code).toBe('CONFIG_NOT_YAML');
    expect(error.message).toMatch(/line 3/);
  });

  it('refuses a key that is given twice and a second document', () => {
    expect(failure('http: {port: 1}\nhttp: {port: 2}\n').code).toBe('CONFIG_NOT_YAML');
    expect(failure('http: {port: 1}\n---\nhttp: {port: 2}\n').message).toContain('second');
  });

  it('refuses an alias without an anchor', () => {
    expect(failure('http: *nowhere\n').message).toContain('alias');
  });

  it('says so when it cannot be read', () => {
    expect(() => loadConfiguration(join(folder, 'absent.yaml'), {})).toThrow(
      /absent\.yaml.*ENOENT/,
    );
  });

  it('is never more than a ConfigurationError, whatever it holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          load(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('overrides', () => {
  it('are merged deeply before the check and reported', () => {
    const { value, overridden } = load(
      'feed: {clobUrl: "https://clob.example.com"}\nhttp: {port: 1}\n',
      '{"feed":{"gammaUrl":"http://127.0.0.1:1"},"discovery":{"cadences":["5m"]}}',
    );
    expect(value.feed.clobUrl).toBe('https://clob.example.com');
    expect(value.feed.gammaUrl).toBe('http://127.0.0.1:1');
    expect(value.discovery.cadences).toEqual(['5m']);
    expect(overridden).toEqual(['feed.gammaUrl', 'discovery.cadences']);
  });

  it('are named as the source of what they break', () => {
    expect(failure('', '{"http":{"prot":1}}').message).toBe(
      'ORDERBOOKS_CONFIG_OVERRIDES: http.prot: unknown key (value 1); did you mean "port"?',
    );
  });

  it.each(['{', '[]', '3', '"text"', 'null'])('must be a JSON object, not %s', (text) => {
    expect(failure('', text).code).toBe('CONFIG_OVERRIDES_INVALID');
  });

  it('are named beside a value of the file that they make impossible, and only then', () => {
    const text = 'uploadTimeout: 10m\n';
    const refusal = (given: GivenValues, overrides?: string): string => {
      writeFileSync(file, text);
      try {
        loadYaml(file, policy, overrides, 'OVERRIDES', given);
      } catch (error) {
        return (error as Error).message;
      }
      return 'none';
    };
    const told = { values: { deadline: '7m' }, name: '--deadline' };
    const nothing = { values: {}, name: '' };
    const at = `${file}:1:16: uploadTimeout: expected less than the deadline 7m`;
    expect(refusal(told)).toContain(at);
    expect(refusal(told)).toMatch(/\(with --deadline laid over the file\)$/);
    expect(refusal(nothing, '{"deadline":"7m"}')).toMatch(/\(with OVERRIDES laid over the file\)$/);
    expect(refusal({ values: { deadline: 'soon' }, name: '--deadline' })).not.toContain(
      'laid over',
    );
  });

  it('do not reach the prototype', () => {
    expect(failure('', '{"__proto__":{"polluted":true}}').code).toBe('CONFIG_INVALID');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('the hash of the configuration', () => {
  it('is that of the effective values: order, comments and spelled-out defaults do not count', () => {
    const one = load('http: {port: 8080}\nlog: {level: warn}\n');
    const two = load('# other words\nlog:\n  level: warn\n');
    expect(one.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(two.sha256).toBe(one.sha256);
  });

  it('changes with a value and with an override', () => {
    const plain = load('');
    expect(load('http: {port: 1}').sha256).not.toBe(plain.sha256);
    expect(load('', '{"http":{"port":1}}').sha256).not.toBe(plain.sha256);
  });
});
