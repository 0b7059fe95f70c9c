import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dataFunctions } from '../../../scripts/kargo/functions/data.ts';
import { freightFunctions } from '../../../scripts/kargo/functions/freight.ts';
import { semverFunctions } from '../../../scripts/kargo/functions/semver.ts';
import { statusFunctions } from '../../../scripts/kargo/functions/status.ts';
import { projectOf } from '../../../scripts/kargo/load.ts';
import { MemoryWorld } from '../../../scripts/kargo/memory-world.ts';
import type { StepRecord } from '../../../scripts/kargo/promotion.ts';
import { evaluateTemplate, TemplateError } from '../../../scripts/kargo/template.ts';
import { describeWithShared, sharedPath } from '../../shared.ts';
import { list, type Raw, record, text } from './recorded/record.ts';
import { freightOf } from './recorded/recorded-project.ts';

const RECORDINGS = 'oracles/kargo-functions.jsonl';
/** What is reached, not what is wished for. */
const AGREEING_AT_LEAST = 0.98;

describeWithShared('functions recorded on Kargo', RECORDINGS, () => {
  test('give the same values and the same errors here', () => {
    const world = record(
      JSON.parse(readFileSync(sharedPath('oracles/kargo-functions-world.json'), 'utf8')),
    );
    const functions = functionsOf(world);
    const records: readonly Raw[] = readFileSync(sharedPath(RECORDINGS), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const wrong: string[] = [];
    for (const recorded of records) {
      const steps = list(record(world['metas'])[text(recorded['metas'])]).map(stepRecord);
      const scope = {
        variables: { vars: {}, ctx: { stage: 'prod' } },
        functions: { ...functions, ...statusFunctions(text(recorded['step']), steps) },
      };
      const actual = outcome(text(recorded['e']), scope);
      const expected =
        'error' in recorded ? { error: recorded['error'] } : { result: recorded['result'] };
      try {
        expect(actual).toEqual(expected);
      } catch {
        const [want, got] = [expected, actual].map((value) => JSON.stringify(value).slice(0, 250));
        wrong.push(`${text(recorded['e'])}: expected ${want}, got ${got}`);
      }
    }
    const agreeing = records.length - wrong.length;
    console.log(`${agreeing} of ${records.length} recorded function calls agree`);
    for (const line of wrong) console.log(`- ${line}`);
    expect(agreeing / records.length).toBeGreaterThanOrEqual(AGREEING_AT_LEAST);
  });
});

function outcome(expression: string, scope: Parameters<typeof evaluateTemplate>[1]): object {
  try {
    return { result: evaluateTemplate(`\${{ ${expression} }}`, scope, 'x') };
  } catch (error) {
    if (error instanceof TemplateError) return { error: error.message };
    throw error;
  }
}

function functionsOf(raw: Raw) {
  const project = text(raw['project']);
  const shared = text(raw['sharedNamespace']);
  const freight = list(raw['freight']).map(freightOfWorld);
  const world = new MemoryWorld({
    project,
    freight: Object.keys(record(raw['freightMetadata'])),
    stages: Object.keys(record(raw['stageMetadata'])),
  });
  for (const [namespace, maps] of [
    [project, raw['configMaps']],
    [shared, raw['sharedConfigMaps']],
  ] as const) {
    for (const [name, data] of Object.entries(record(maps))) {
      world.configMaps.set(`${text(namespace)}/${name}`, texts(data));
    }
  }
  for (const [namespace, secrets] of [
    [project, raw['secrets']],
    [shared, raw['sharedSecrets']],
  ] as const) {
    for (const [label, data] of Object.entries(record(secrets))) {
      const name = label.split(' ')[0] ?? '';
      world.secrets.set(`${text(namespace)}/${name}`, texts(data));
      if (!label.includes('not labelled')) world.genericSecrets.add(`${text(namespace)}/${name}`);
    }
  }
  for (const [name, values] of Object.entries(record(raw['freightMetadata']))) {
    if (values !== null) world.setFreightMetadata(project, name, record(values));
  }
  for (const [name, values] of Object.entries(record(raw['stageMetadata']))) {
    if (values !== null) world.setStageMetadata(project, name, record(values));
  }
  const { warehouses } = projectOf(
    project,
    Object.entries(record(raw['warehouseSubscriptions'])).map(([name, subscriptions]) => ({
      place: () => ({ file: 'recording', line: 1, column: 1 }),
      value: {
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind: 'Warehouse',
        metadata: { name, namespace: project },
        spec: { subscriptions: list(subscriptions).map(subscription) },
      },
    })),
  );
  const requests = Array.isArray(raw['freightRequests']) ? raw['freightRequests'] : [];
  return {
    ...dataFunctions(world, project),
    ...freightFunctions({
      project,
      warehouses,
      freight,
      requests: requests.map((name) => ({
        origin: { kind: 'Warehouse' as const, name: text(name) },
        sources: { direct: true, stages: [], availabilityStrategy: '' as const },
      })),
    }),
    ...semverFunctions,
  };
}

function freightOfWorld(raw: Raw) {
  return freightOf({ ...raw, metadata: { name: raw['name'] } });
}

function subscription(raw: Raw): Raw {
  if ('image' in raw) return { image: { repoURL: raw['image'] } };
  if ('git' in raw) return { git: { repoURL: raw['git'] } };
  return { chart: { repoURL: raw['chart'], ...('name' in raw ? { name: raw['name'] } : {}) } };
}

function stepRecord(raw: Raw): StepRecord {
  return {
    alias: text(raw['alias']),
    uses: '',
    status: text(raw['status']) as StepRecord['status'],
    message: '',
    errorCount: 0,
    continueOnError: raw['continueOnError'] === true,
    startedAt: undefined,
    finishedAt: undefined,
  };
}

function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(record(value)).map(([key, entry]) => [key, text(entry)]),
  );
}
