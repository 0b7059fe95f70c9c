import type { Bundle } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { objectsOf } from '../lookup.ts';
import { containersOf, type PodTemplate, podTemplatesOf } from '../pods.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';

/** What the restricted pod security standard demands, where a namespace enforces it; here, of every pod. */
export const checkPodSecurity: Check = function* ({ bundle, house }) {
  for (const pod of podTemplatesOf(bundle)) {
    if (!house && !isRestricted(bundle, pod)) continue;
    yield* ofPod(pod);
    for (const container of containersOf(pod)) yield* ofContainer(pod, container.path, house);
    if (house) yield* habits(bundle, pod);
  }
};

function* ofPod(pod: PodTemplate): Generator<Draft> {
  const spec: Path = [...pod.path, 'spec'];
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) {
    if (pod.spec[key] === true) yield said(pod, [...spec, key], `${key} is true`, 'remove it');
  }
  for (const [index, volume] of items(pod.spec['volumes']).entries()) {
    if (fields(volume)['hostPath'] === undefined) continue;
    yield said(
      pod,
      [...spec, 'volumes', index, 'hostPath'],
      'a volume is a hostPath',
      'use a claim',
    );
  }
}

function* ofContainer(pod: PodTemplate, path: Path, house: boolean): Generator<Draft> {
  const { object } = pod;
  const own: Path = [...path, 'securityContext'];
  const value = (key: string): unknown =>
    valueAt(object.value, [...own, key]) ??
    valueAt(object.value, [...pod.path, 'spec', 'securityContext', key]);
  const name = text(valueAt(object.value, [...path, 'name']));
  const demand = (key: string, holds: boolean, wanted: string): Draft[] => {
    if (holds) return [];
    const written = valueAt(object.value, [...own, key]) !== undefined;
    const ofWhole: Path = [...pod.path, 'spec', 'securityContext', key];
    const at = written
      ? [...own, key]
      : valueAt(object.value, ofWhole) !== undefined
        ? ofWhole
        : [...path, 'name'];
    return [said(pod, at, `container ${name}: expected ${wanted}`, `set ${wanted}`)];
  };
  yield* demand('privileged', value('privileged') !== true, 'securityContext.privileged: false');
  yield* demand(
    'allowPrivilegeEscalation',
    valueAt(object.value, [...own, 'allowPrivilegeEscalation']) === false,
    'securityContext.allowPrivilegeEscalation: false',
  );
  yield* demand(
    'runAsNonRoot',
    value('runAsNonRoot') === true,
    'securityContext.runAsNonRoot: true',
  );
  yield* demand('runAsUser', value('runAsUser') !== 0, 'a securityContext.runAsUser other than 0');
  yield* demand(
    'seccompProfile',
    ['RuntimeDefault', 'Localhost'].includes(text(fields(value('seccompProfile'))['type'])),
    'securityContext.seccompProfile: {type: RuntimeDefault}',
  );
  const dropped = items(valueAt(object.value, [...own, 'capabilities', 'drop']));
  yield* demand(
    'capabilities',
    dropped.includes('ALL'),
    'securityContext.capabilities: {drop: [ALL]}',
  );
  if (!house) return;
  yield* demand(
    'readOnlyRootFilesystem',
    valueAt(object.value, [...own, 'readOnlyRootFilesystem']) === true,
    'securityContext.readOnlyRootFilesystem: true',
  );
}

/** What this repository asks of its own pods besides. */
function* habits(bundle: Bundle, pod: PodTemplate): Generator<Draft> {
  for (const { path, value, before } of containersOf(pod)) {
    const name = text(value['name']);
    const at: Path = [...path, 'name'];
    for (const need of [
      ['requests', 'cpu'],
      ['requests', 'memory'],
      ['limits', 'memory'],
    ] as const) {
      if (valueAt(value, ['resources', ...need]) !== undefined) continue;
      yield said(pod, at, `container ${name} has no resources.${need.join('.')}`, `add it`);
    }
    if (!pod.endless || before) continue;
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      if (value[probe] !== undefined) continue;
      yield said(pod, at, `container ${name} has no ${probe}`, 'add it');
    }
  }
  if (text(pod.spec['serviceAccountName']) === '') {
    yield said(
      pod,
      [...pod.path, 'spec'],
      'it names no ServiceAccount and runs as default',
      'add serviceAccountName',
    );
  }
  if (
    pod.object.group !== 'argoproj.io' &&
    pod.spec['automountServiceAccountToken'] !== false &&
    !isMeantToCallTheApi(bundle, pod)
  ) {
    yield said(
      pod,
      [...pod.path, 'spec', 'automountServiceAccountToken'],
      'a token of the API is mounted',
      'set automountServiceAccountToken: false; or true, and bind its ServiceAccount to a Role, if it has to call the API',
    );
  }
  const claims = items(pod.spec['volumes']).some(
    (volume) => fields(volume)['persistentVolumeClaim'] !== undefined,
  );
  const { object } = pod;
  const strategy = valueAt(object.value, ['spec', 'strategy', 'type']);
  if (object.kind === 'Deployment' && claims && strategy !== 'Recreate') {
    yield said(
      pod,
      ['spec', 'strategy', 'type'],
      'two pods would write one volume while it rolls',
      'set strategy: {type: Recreate}',
    );
  }
}

/** It says so itself, and a Role says what for. */
function isMeantToCallTheApi(bundle: Bundle, { object, spec }: PodTemplate): boolean {
  const account = text(spec['serviceAccountName']);
  return (
    spec['automountServiceAccountToken'] === true &&
    objectsOf(bundle, 'rbac.authorization.k8s.io', 'RoleBinding').some(({ value }) =>
      items(valueAt(value, ['subjects']))
        .map(fields)
        .some(
          (subject) =>
            subject['kind'] === 'ServiceAccount' &&
            text(subject['name']) === account &&
            text(subject['namespace']) === object.namespace,
        ),
    )
  );
}

function said({ object }: PodTemplate, path: Path, what: string, fix: string): Draft {
  return {
    rule: 'kubernetes/pod-security',
    at: object.at(path),
    message: `${object.kind} ${object.name}: ${what}`,
    fix,
  };
}

function isRestricted(bundle: Bundle, { object }: PodTemplate): boolean {
  return bundle.objects.some(
    ({ kind, group, name, value }) =>
      kind === 'Namespace' &&
      group === '' &&
      name === object.namespace &&
      valueAt(value, ['metadata', 'labels', 'pod-security.kubernetes.io/enforce']) === 'restricted',
  );
}
