import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../../scripts/kargo/step.ts';
import { assessHealth } from '../../../../scripts/kargo/steps/argocd-health.ts';
import { argocdUpdate } from '../../../../scripts/kargo/steps/argocd-update.ts';
import { afterOperation } from '../synced-application.ts';
import { makeApplications, makeContext, REPOSITORY, runStep } from './promotion.ts';

const COMMIT = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
const PROMOTION = 'canary.01abc.1234567';

function makeApplication(changes: Readonly<Record<string, unknown>> = {}): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      name: 'orderbooks-canary',
      namespace: 'argocd',
      labels: { app: 'orderbooks' },
      annotations: { 'kargo.akuity.io/authorized-stage': 'orderbooks-delivery:canary' },
    },
    spec: { source: { repoURL: REPOSITORY, targetRevision: 'stage/canary' } },
    ...changes,
  };
}

const statusAfter = (
  application: KubernetesObject,
  changes: Readonly<Record<string, unknown>> = {},
) => afterOperation(application, COMMIT, changes);

function begin(...applications: readonly KubernetesObject[]) {
  const held = makeApplications(...(applications.length > 0 ? applications : [makeApplication()]));
  const context = makeContext({ applications: held });
  const update = (config: object, more: object = {}) =>
    runStep(argocdUpdate, { apps: [config] }, { ...context, ...more });
  return { held, update };
}

const SOURCES = [{ repoURL: REPOSITORY, desiredRevision: COMMIT }];
const BY_NAME = { name: 'orderbooks-canary', sources: SOURCES };
const HEALTH_CHECK = {
  uses: 'argocd-update',
  input: {
    apps: [{ name: 'orderbooks-canary', namespace: 'argocd', desiredRevisions: [COMMIT] }],
  },
};

describe('argocd-update', () => {
  test('has a limit of five minutes of its own', () => {
    expect(argocdUpdate.defaultTimeoutMs).toBe(300_000);
  });

  test('starts an operation of its promotion and waits until it has ended at the desired revision', async () => {
    const { held, update } = begin();
    expect((await update(BY_NAME)).status).toBe('Running');
    const started = held.get('orderbooks-canary');
    expect(started['operation']).toEqual({
      initiatedBy: { username: 'kargo-controller', automated: true },
      info: [
        { name: 'Reason', value: 'Promotion triggered a sync of this Application resource.' },
        { name: 'kargo.akuity.io/promotion', value: PROMOTION },
      ],
      sync: {},
      retry: {},
    });
    expect(started.metadata.annotations?.['argocd.argoproj.io/refresh']).toBe('hard');
    held.set(statusAfter(started, { phase: 'Running' }));
    expect((await update(BY_NAME)).status).toBe('Running');
    held.set(statusAfter(started));
    expect(await update(BY_NAME)).toEqual({ status: 'Succeeded', healthCheck: HEALTH_CHECK });
  });

  test('starts the operation of a person in the name of that person', async () => {
    const { held, update } = begin();
    await update(BY_NAME, { actor: 'alice' });
    expect(held.get('orderbooks-canary')['operation']).toMatchObject({
      initiatedBy: { username: 'alice' },
    });
    expect(JSON.stringify(held.get('orderbooks-canary')['operation'])).not.toContain('automated');
  });

  test("takes over the Application's sync options and retries, and drops the old operation's state", async () => {
    const policy = { syncOptions: ['ServerSideApply=true'], retry: { limit: 2 } };
    const old = statusAfter(
      makeApplication({ spec: { source: { repoURL: REPOSITORY }, syncPolicy: policy } }),
    );
    const { held, update } = begin(old);
    expect((await update(BY_NAME)).status).toBe('Running');
    const { operation, status } = held.get('orderbooks-canary') as Record<string, object>;
    expect(operation).toMatchObject({
      sync: { syncOptions: policy.syncOptions },
      retry: policy.retry,
    });
    expect(status).not.toHaveProperty('operationState');
    expect(status).toHaveProperty('health');
  });

  test("waits for somebody else's operation and starts its own after it", async () => {
    const foreign = { info: [{ name: 'kargo.akuity.io/promotion', value: 'canary.other' }] };
    const application = makeApplication({ operation: foreign });
    const { held, update } = begin(statusAfter(application, { phase: 'Running' }));
    expect((await update(BY_NAME)).status).toBe('Running');
    expect(held.get('orderbooks-canary')).not.toHaveProperty('operation');
    held.set(statusAfter(application));
    expect((await update(BY_NAME)).status).toBe('Running');
    expect(held.get('orderbooks-canary')).toHaveProperty('operation');
  });

  test('syncs again when the operation ended at another revision', async () => {
    const { held, update } = begin();
    await update(BY_NAME);
    const started = held.get('orderbooks-canary');
    held.set(statusAfter(started, { syncResult: { revision: OTHER } }));
    expect((await update(BY_NAME)).status).toBe('Running');
    expect(held.get('orderbooks-canary')).toHaveProperty('operation');
  });

  test('fails with the reason of an operation that failed', async () => {
    const { held, update } = begin();
    await update(BY_NAME);
    const message = 'one or more synchronization tasks are not valid';
    held.set(statusAfter(held.get('orderbooks-canary'), { phase: 'Failed', message }));
    expect(await update(BY_NAME)).toEqual({
      status: 'Errored',
      message: `Argo CD Application "orderbooks-canary" in namespace "argocd" failed with: ${message}`,
    });
  });

  test.each([
    ['is missing', {}],
    ['names another Stage', { 'kargo.akuity.io/authorized-stage': 'orderbooks-delivery:full' }],
    [
      'holds a glob beside the Stage',
      { 'kargo.akuity.io/authorized-stage': 'orderbooks-delivery:canary,a:*' },
    ],
    ['is no pair', { 'kargo.akuity.io/authorized-stage': 'canary' }],
  ])('refuses an Application whose annotation %s', async (_, annotations) => {
    const application = makeApplication();
    const { held, update } = begin({
      ...application,
      metadata: { ...application.metadata, annotations: annotations as Record<string, string> },
    });
    expect(await update(BY_NAME)).toEqual({
      status: 'Errored',
      message: 'Argo CD Application "orderbooks-canary" in namespace "argocd" is not authorized',
    });
    expect(held.get('orderbooks-canary')).not.toHaveProperty('operation');
  });

  test('finds Applications by labels, leaves out those that do not allow it, and says if none is left', async () => {
    const allowed = makeApplication();
    const closed = {
      ...allowed,
      metadata: { ...allowed.metadata, name: 'closed', annotations: {} },
    };
    const { held, update } = begin(allowed, closed);
    const selector = {
      matchLabels: { app: 'orderbooks' },
      matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }],
    };
    expect((await update({ selector })).status).toBe('Running');
    expect(held.get('closed')).not.toHaveProperty('operation');
    expect(held.get('orderbooks-canary')).toHaveProperty('operation');
    expect((await update({ selector: { matchLabels: { app: 'none' } } })).message).toBe(
      'no Argo CD Applications found matching selector in namespace "argocd"',
    );
    expect((await begin(closed).update({ selector })).message).toBe(
      'found 1 Application(s) matching selector in namespace "argocd", but none are authorized for Stage orderbooks-delivery:canary',
    );
  });

  test('says which Application is missing', async () => {
    expect(await begin().update({ name: 'none' })).toEqual({
      status: 'Errored',
      message: 'unable to find Argo CD Application "none" in namespace "argocd"',
    });
  });

  test('refuses a source that the Application does not have', async () => {
    const sources = [{ repoURL: 'https://git.example.com/none.git', desiredRevision: COMMIT }];
    expect((await begin().update({ name: 'orderbooks-canary', sources })).message).toBe(
      'error building desired sources for Argo CD Application "orderbooks-canary" in namespace "argocd": no source of Argo CD Application "orderbooks-canary" in namespace "argocd" matched update for source with repoURL https://git.example.com/none.git',
    );
  });

  test('changes target revision and images of the source that matches', async () => {
    const { held, update } = begin();
    const images = [
      {
        repoURL: 'orderbooks',
        newName: 'registry.example.com/data/orderbooks',
        digest: 'sha256:1',
      },
      { repoURL: 'side', tag: '2' },
    ];
    const source = { ...SOURCES[0], updateTargetRevision: true, kustomize: { images } };
    await update({ name: 'orderbooks-canary', sources: [source] });
    expect(held.get('orderbooks-canary')['spec']).toEqual({
      source: {
        repoURL: REPOSITORY,
        targetRevision: COMMIT,
        kustomize: {
          images: ['orderbooks=registry.example.com/data/orderbooks@sha256:1', 'side:2'],
        },
      },
    });
  });

  test('asks for no revision where the URL differs by .git, though it syncs', async () => {
    const { held, update } = begin();
    const sources = [{ repoURL: REPOSITORY.replace('.git', ''), desiredRevision: COMMIT }];
    const config = { name: 'orderbooks-canary', sources };
    expect((await update(config)).status).toBe('Running');
    held.set(statusAfter(held.get('orderbooks-canary'), { syncResult: { revision: OTHER } }));
    expect((await update(config)).healthCheck?.input).toEqual({
      apps: [{ name: 'orderbooks-canary', namespace: 'argocd', desiredRevisions: [''] }],
    });
  });
});

describe('health of a Stage', () => {
  const assess = (application: KubernetesObject | null) =>
    assessHealth({ application: () => application }, HEALTH_CHECK.input);
  const healthy = statusAfter(makeApplication());
  const withStatus = (changes: Readonly<Record<string, unknown>>) => ({
    ...healthy,
    status: { ...(healthy['status'] as object), ...changes },
  });

  test('is Healthy when the Application is, at the desired revision', () => {
    expect(assess(healthy)).toEqual({ status: 'Healthy', issues: [] });
  });

  test.each([
    ['Unknown', 'unable to find', null],
    ['Unknown', 'was not reconciled after', withStatus({ reconciledAt: '2026-11-21T10:00:03Z' })],
    ['Unknown', 'was not reconciled after', withStatus({ reconciledAt: undefined })],
    ['Unknown', 'is being synced', { ...healthy, operation: { sync: {} } }],
    ['Unknown', 'is being synced', withStatus({ operationState: undefined })],
    [
      'Unhealthy',
      'does not match the desired revision',
      withStatus({ sync: { status: 'Synced', revision: OTHER } }),
    ],
    [
      'Unhealthy',
      'has "ComparisonError" condition: no such path',
      withStatus({ conditions: [{ type: 'ComparisonError', message: 'no such path' }] }),
    ],
    ['Unhealthy', 'has health state "Degraded"', withStatus({ health: { status: 'Degraded' } })],
    ['Unhealthy', 'has health state "Missing"', withStatus({ health: { status: 'Missing' } })],
    ['Progressing', 'is progressing', withStatus({ health: { status: 'Progressing' } })],
    ['Progressing', 'is progressing', withStatus({ health: {} })],
    ['Progressing', 'is suspended', withStatus({ health: { status: 'Suspended' } })],
  ] as const)('is %s when the Application %s', (status, reason, application) => {
    const health = assess(application);
    expect(health.status).toBe(status);
    expect(health.issues.join()).toContain(reason);
  });

  test('is Unknown when the check itself cannot be read', () => {
    expect(assessHealth({ application: () => healthy }, { apps: 'x' }).status).toBe('Unknown');
  });

  test('is the worst of several Applications', () => {
    const application = (_: string, name: string) => (name === 'a' ? healthy : null);
    const apps = [{ name: 'a' }, { name: 'b' }];
    expect(assessHealth({ application }, { apps }).status).toBe('Unknown');
  });
});
