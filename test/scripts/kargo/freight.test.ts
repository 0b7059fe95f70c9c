import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { admitFreight } from '../../../scripts/kargo/freight-admission.ts';
import { makeFreight } from '../../../scripts/kargo/index.ts';
import { describeWithShared, sharedPath } from '../../shared.ts';
import { list, record, text } from './recorded/record.ts';
import { freightOf } from './recorded/recorded-project.ts';
import { freight, IMAGE, project } from './small-project.ts';

describe('the name of a Freight', () => {
  test('follows from its contents, whatever their order and alias', () => {
    const images = [
      { repoURL: 'a', tag: '1' },
      { repoURL: 'b', tag: '2' },
    ];
    const made = makeFreight({ origin: 'w', images, alias: 'x' });
    expect(makeFreight({ origin: 'w', images: images.toReversed() }).name).toBe(made.name);
    expect(makeFreight({ origin: 'v', images }).name).not.toBe(made.name);
  });

  test('tells apart images of one tag and another digest', () => {
    const image = (digest: string) => [{ repoURL: IMAGE, tag: 'v1', digest }];
    expect(makeFreight({ origin: 'w', images: image('sha256:1') }).name).not.toBe(
      makeFreight({ origin: 'w', images: image('sha256:2') }).name,
    );
  });
});

describe('Freight made by hand', () => {
  const { origin, images, commits } = freight();
  const complete = { ...freight(), name: 'my-own-name' };

  test('gets the name of its contents', () => {
    expect(admitFreight(project(), [], complete)).toMatchObject({
      allowed: true,
      freight: { name: freight().name },
    });
  });

  test.each([
    ['lacks an artifact', { commits: [] }, 'no artifact found for subscription'],
    ['has an artifact twice', { images: [...images, ...images] }, 'multiple artifacts found'],
    [
      'has an artifact nobody subscribes to',
      { commits: [...commits, { repoURL: 'https://git.example.com/other.git', id: 'b' }] },
      'no subscription found for Git repository in Warehouse "orderbooks"',
    ],
    [
      'comes from an unknown Warehouse',
      { origin: { ...origin, name: 'none' } },
      'warehouse does not exist',
    ],
  ])('is refused when it %s', (_name, changes, message) => {
    expect(admitFreight(project(), [], { ...complete, ...changes })).toMatchObject({
      allowed: false,
      message: expect.stringContaining(message),
    });
  });

  test('is refused when its contents exist already', () => {
    expect(admitFreight(project(), [freight()], { ...complete, alias: 'other' })).toMatchObject({
      code: 409,
    });
  });
});

describeWithShared('names of recorded Freight', 'oracles/promotions.jsonl', () => {
  test('are reproduced once the addresses are those of the recording’s servers', () => {
    const lines = readFileSync(sharedPath('oracles/promotions.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const names = lines.flatMap((line) => {
      const recorded = list(record(JSON.parse(line))['freight']);
      // The recording replaced both addresses after Kargo had made the names.
      const original = JSON.parse(
        line
          .replaceAll('registry.test', '127.0.0.1:5001')
          .replaceAll('http://git.test', 'http://127.0.0.1:18082'),
      );
      return list(record(original)['freight']).map((raw, index) => {
        const { origin, images, commits, charts } = freightOf(raw);
        return {
          made: makeFreight({ origin: origin.name, images, commits, charts }).name,
          recorded: text(record(recorded[index]?.['metadata'])['name']),
        };
      });
    });
    expect(names.length).toBeGreaterThan(700);
    expect(names.filter(({ made, recorded }) => made !== recorded)).toEqual([]);
  });
});
