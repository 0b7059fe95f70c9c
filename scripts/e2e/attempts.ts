import type { JobTemplate } from '../../runtime/gates/kubernetes/objects.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE, PROJECT } from '../settings/names.ts';
import { type Answer, type Attempt, creation, deletion, replacement, VERIFIER } from './attempt.ts';
import { onForeignJob, onJobs } from './attempts-on-jobs.ts';

/** Objects of a running bundle that attempts are made on. */
export interface Targets {
  readonly recorder: string;
  readonly feed: string | null;
  readonly productionRecorder: string;
  readonly collector: string;
  /** Of the uploader's CronJob in the canary and in production. */
  readonly templates: { readonly canary: JobTemplate; readonly production: JobTemplate };
  /** A Job of that CronJob in the canary, if there is one. */
  readonly scheduled: string | null;
  readonly freight: string;
  /** Evidence that is kept. */
  readonly run: Kept;
  readonly latest: Kept;
  /** A key of the ledger on `freight`. */
  readonly ledgerKey: string;
}

export interface Kept {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: Readonly<Record<string, string>>;
}

const KARGO = 'system:serviceaccount:kargo:kargo-controller';
const RUN = 'evidence-run-canary-20260101t000000z-0123abcd';
const LATEST = `evidence-canary-${'0'.repeat(12)}-${'1'.repeat(12)}`;

/** Everything that the verifier's identity and the ledger have to be kept from, and what they have to be let do. */
export function attempts(targets: Targets): readonly Attempt[] {
  return [
    ...onEvidence(targets),
    ...onOtherConfigMaps(),
    ...onPods(targets),
    ...onJobs(targets.templates.canary, CANARY_NAMESPACE),
    ...onJobs(targets.templates.production, PRODUCTION_NAMESPACE).slice(0, 2),
    ...(targets.scheduled === null ? [] : [onForeignJob(targets.scheduled, CANARY_NAMESPACE)]),
    ...withoutRights(targets),
    ...onLedger(targets),
  ];
}

function onEvidence({ run, latest }: Targets): readonly Attempt[] {
  const kept = (name: string, labels: Readonly<Record<string, string>>, more: object = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: PROJECT, labels },
    data: { verdict: 'PASS' },
    ...more,
  });
  const ofRun = { 'orderbooks-evidence': 'run', 'orderbooks-stage': 'canary' };
  const ofLatest = { 'orderbooks-evidence': 'latest', 'orderbooks-stage': 'canary' };
  return [
    creation('keep a run', kept(RUN, ofRun, { immutable: true }), 'allowed'),
    creation('keep a run that may be changed', kept(RUN, ofRun), 'refused by policy'),
    creation(
      'keep a run under another name',
      kept('evidence-run-mine', ofRun, { immutable: true }),
      'refused by policy',
    ),
    creation(
      'keep a run without its label',
      kept(RUN, {}, { immutable: true }),
      'refused by policy',
    ),
    creation('set a first verdict', kept(LATEST, ofLatest), 'allowed'),
    creation(
      'set a verdict that nobody can replace',
      kept(LATEST, ofLatest, { immutable: true }),
      'refused by policy',
    ),
    creation('set a verdict under the name of a run', kept(RUN, ofLatest), 'refused by policy'),
    replacement(
      'replace a verdict',
      { ...kept(latest.name, latest.labels), data: latest.data },
      'allowed',
    ),
    replacement('call a verdict a run', kept(latest.name, ofRun), 'refused by policy'),
    replacement(
      'call a run a verdict',
      { ...kept(run.name, ofLatest, { immutable: true }), data: run.data },
      'refused by policy',
    ),
    deletion('make room for a run', ['configmap', run.name, PROJECT], 'allowed'),
    deletion('delete a verdict', ['configmap', latest.name, PROJECT], 'refused by policy'),
  ];
}

function onOtherConfigMaps(): readonly Attempt[] {
  const others = ['market-sessions', 'break-glass'];
  const labels = { 'orderbooks-evidence': 'latest' };
  return [
    ...others.flatMap((name): Attempt[] => [
      replacement(
        `write ConfigMap ${name}`,
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace: PROJECT, labels },
          data: { knownThrough: '2099-01-01' },
        },
        'refused by policy',
      ),
      deletion(`delete ConfigMap ${name}`, ['configmap', name, PROJECT], 'refused by policy'),
    ]),
    {
      what: 'create a ConfigMap that is no evidence',
      as: VERIFIER,
      words: ['create', 'configmap', 'mine', `--namespace=${PROJECT}`, '--from-literal=a=b'],
      answer: 'refused by policy',
    },
    {
      what: 'create a ConfigMap in the canary',
      as: VERIFIER,
      words: [
        'create',
        'configmap',
        'mine',
        `--namespace=${CANARY_NAMESPACE}`,
        '--from-literal=a=b',
      ],
      answer: 'refused by rights',
    },
  ];
}

function onPods({ recorder, feed, productionRecorder, collector }: Targets): readonly Attempt[] {
  const restart = (what: string, name: string, namespace: string, answer: Answer): Attempt =>
    deletion(what, ['pod', name, namespace], answer);
  return [
    restart('restart the recorder of the canary', recorder, CANARY_NAMESPACE, 'allowed'),
    restart('restart the collector of production', collector, PRODUCTION_NAMESPACE, 'allowed'),
    restart(
      'restart the recorder of production',
      productionRecorder,
      PRODUCTION_NAMESPACE,
      'refused by policy',
    ),
    ...(feed === null
      ? []
      : [restart('delete another pod of the canary', feed, CANARY_NAMESPACE, 'refused by policy')]),
  ];
}

function withoutRights({ recorder, freight }: Targets): readonly Attempt[] {
  const attempt = (what: string, words: readonly string[]): Attempt => ({
    what,
    as: VERIFIER,
    words,
    answer: 'refused by rights',
  });
  return [
    attempt('read the Secret of the remote', [
      'get',
      'secret',
      'orderbooks-rclone-config',
      `--namespace=${CANARY_NAMESPACE}`,
    ]),
    attempt('label a pod as the recorder', [
      'label',
      'pod',
      recorder,
      'app.kubernetes.io/component=collector',
      '--overwrite',
      `--namespace=${CANARY_NAMESPACE}`,
    ]),
    attempt('scale the recorder of production', [
      'scale',
      'deployment',
      'orderbooks-ws-recorder',
      '--replicas=0',
      `--namespace=${PRODUCTION_NAMESPACE}`,
    ]),
    attempt('suspend the uploader', [
      'patch',
      'cronjob',
      'orderbooks-uploader',
      '--type=merge',
      '--patch={"spec":{"suspend":true}}',
      `--namespace=${CANARY_NAMESPACE}`,
    ]),
    attempt('approve a Freight', [
      ...patchOfStatus(freight),
      '--patch={"status":{"approvedFor":{"full":{}}}}',
    ]),
  ];
}

function onLedger({ freight, ledgerKey }: Targets): readonly Attempt[] {
  const note = (what: string, as: string, metadata: object, answer: Answer): Attempt => ({
    what,
    as,
    words: [...patchOfStatus(freight), `--patch=${JSON.stringify({ status: { metadata } })}`],
    answer,
  });
  // Whoever may do all: rights are not what stops it.
  const admin = 'kubernetes-admin';
  const used = { promotion: 'full.none', stage: 'full' };
  return [
    note('say that a ticket was used', admin, { 'breakGlass-full-X-1': used }, 'refused by policy'),
    note('say that a Freight ran in full', admin, { 'ranIn-other': used }, 'refused by policy'),
    note('erase a record', admin, { [ledgerKey]: null }, 'refused by policy'),
    note('change a record', admin, { [ledgerKey]: used }, 'refused by policy'),
    note('note something else on a Freight', admin, { note: 'mine' }, 'allowed'),
    note('Kargo itself keeps a record', KARGO, { 'ranIn-other': used }, 'allowed'),
  ];
}

function patchOfStatus(freight: string): readonly string[] {
  return [
    'patch',
    'freights.kargo.akuity.io',
    freight,
    '--subresource=status',
    '--type=merge',
    `--namespace=${PROJECT}`,
  ];
}
