import { isFields, valueAt } from '../fields.ts';
import type { Path } from '../source-file.ts';

/** One way to break a document, and what it breaks. */
export interface Mutation {
  readonly operator: string;
  readonly file: string;
  readonly path: Path;
  readonly change: Change;
  /** What the system would do with it. */
  readonly breaks: string;
}

export type Change =
  | { readonly to: unknown }
  | { readonly drop: true }
  | { readonly rename: string };

interface Place {
  readonly path: Path;
  readonly key: string | number | undefined;
  readonly value: unknown;
  readonly kind: string;
}

/** A way to make mutations of the values in a document. */
interface Operator {
  readonly name: string;
  readonly breaks: string;
  of(place: Place): Change | null;
}

/** Every mutation of a document that the operators know. */
export function mutationsOf(file: string, document: unknown): readonly Mutation[] {
  const kind = String(valueAt(document, ['kind']) ?? '');
  return [...placesIn(document, [], kind)].flatMap((place) =>
    OPERATORS.flatMap((operator): readonly Mutation[] => {
      const change = operator.of(place);
      if (change === null) return [];
      return [{ operator: operator.name, file, path: place.path, change, breaks: operator.breaks }];
    }),
  );
}

export function* placesIn(value: unknown, path: Path, kind: string): Generator<Place> {
  if (path.length > 0) yield { path, key: path.at(-1), value, kind };
  if (Array.isArray(value)) {
    for (const [index, entry] of value.entries()) yield* placesIn(entry, [...path, index], kind);
  } else if (isFields(value)) {
    for (const [key, entry] of Object.entries(value)) yield* placesIn(entry, [...path, key], kind);
  }
}

/** Maps whose keys are anybody's choice. */
const FREE =
  /^(labels|annotations|data|matchLabels|nodeSelector|requests|limits|hard|default|defaultRequest|selector|values|min|max)$/;

/** Fields without which the object is refused, or nobody reads it. */
const REQUIRED =
  /^(apiVersion|kind|name|requestedFreight|origin|containers|selector|template|project|destination|roleRef|verbs|subscriptions|repoURL|provider|metrics|schedule|jobTemplate|accessModes|mountPath|containerPort|sources|checkout|outPath)$/;

/** Fields that name another object, by the last keys of their path. */
const REFERENCES: readonly RegExp[] = [
  /\.serviceAccountName$/,
  /\.persistentVolumeClaim\.claimName$/,
  /\.roleRef\.name$/,
  /\.subjects\.\d+\.name$/,
  /\.task\.name$/,
  /\.analysisTemplates\.\d+\.name$/,
  /\.origin\.name$/,
  /\.sources\.stages\.\d+$/,
  /\.stageSelector\.name$/,
  /^\.spec\.project$/,
  /\.volumeMounts\.\d+\.name$/,
  /(Probe|probe)\.httpGet\.port$/,
  /^\.spec\.selector\.matchLabels\.[^/]+\/[^/]+$/,
  /^\.spec\.syncWindows\.\d+\.applications\.\d+$/,
  /^\.spec\.ignoreDifferences\.\d+\.name$/,
  /authorized-stage$/,
  /\.destination\.namespace$/,
  /^\.metadata\.name$/,
  /\.verification\.args\.\d+\.name$/,
];

/** Objects that others here name: with another name, those name nothing. */
const NAMED =
  /^(Warehouse|PromotionTask|AnalysisTemplate|AppProject|ServiceAccount|PersistentVolumeClaim|ProjectConfig)$/;

const OPERATORS: readonly Operator[] = [
  {
    name: 'misspelt field',
    breaks: 'the field is dropped, or the object refused',
    of: ({ path, key, value, kind }) => {
      if (typeof key !== 'string' || value === null) return null;
      // Below a free map keys are names; outputs of compose-output are, too.
      const parent = path.at(-2);
      if (
        path
          .slice(0, -1)
          .some(
            (step) =>
              typeof step === 'string' &&
              FREE.test(step) &&
              !(step === 'selector' && parent !== 'selector'),
          )
      )
        return null;
      if (parent === 'config' || path.includes('values') || path.length < 2 || kind === '')
        return null;
      return { rename: `${key}x` };
    },
  },
  {
    name: 'dropped field',
    breaks: 'a field that must be there is missing',
    of: ({ path, key, kind }) => {
      if (typeof key !== 'string' || !REQUIRED.test(key) || kind === '') return null;
      if (
        path.some((step) =>
          /^(labels|annotations|data|config|values|ignoreDifferences|clusterResourceWhitelist|ports)$/.test(
            String(step),
          ),
        )
      )
        return null;
      // These may be left out.
      if (
        /^(name|kind)$/.test(key) &&
        /^(task|origin|subjects|stageSelector)$/.test(String(path.at(-2)))
      )
        return { drop: true };
      if (key === 'sources' && path.at(-2) !== '0') return null;
      if (key === 'selector' && kind === 'Service') return null;
      if (key === 'kind' && path.length > 1) return null;
      return { drop: true };
    },
  },
  {
    name: 'wrong type',
    breaks: 'the API server refuses the object, or the program the file',
    of: ({ path, value }) => {
      if (path.some((step) => step === 'config') || path.length < 2) return null;
      if (typeof value === 'number' || typeof value === 'boolean') return { to: ['many'] };
      if (typeof value === 'string') return { to: { not: 'a text' } };
      if (Array.isArray(value)) return { to: { not: 'a list' } };
      return isFields(value) ? { to: 'not a map' } : null;
    },
  },
  {
    name: 'dangling name',
    breaks: 'a name leads to nothing',
    of: ({ path, value, kind }) => {
      const where = path.map((step) => `.${step}`).join('');
      if (typeof value !== 'string' || !REFERENCES.some((reference) => reference.test(where)))
        return null;
      if (where === '.metadata.name' && !NAMED.test(kind)) return null;
      // What a NetworkPolicy, Service or budget selects is judged as well; in a peer it may be elsewhere.
      return { to: `${value.replace(/-/g, '')}-zz` };
    },
  },
  {
    name: 'wrong name in an expression',
    breaks: 'the expression gives nil, or fails when its step runs',
    of: ({ value }) => {
      if (typeof value !== 'string' || !value.includes('${{')) return null;
      const changed = value.replace(
        /(\$\{\{.*?\b)((?:vars|ctx|task\.outputs)\.)([a-zA-Z]\w*)/s,
        '$1$2zz$3',
      );
      return changed === value ? null : { to: changed };
    },
  },
  {
    name: 'wrong function in an expression',
    breaks: 'the expression does not compile when its step runs',
    of: ({ value }) => {
      if (typeof value !== 'string' || !value.includes('${{')) return null;
      const changed = value.replace(
        /\b(quote|imageFrom|commitFrom|configMap|freightMetadata|success)\(/,
        '$1z(',
      );
      return changed === value ? null : { to: changed };
    },
  },
  {
    name: 'broken expression',
    breaks: 'the expression cannot be read when its step runs',
    of: ({ value }) =>
      typeof value === 'string' && value.includes('${{')
        ? { to: value.replace('}}', ') }}') }
        : null,
  },
  {
    name: 'expression without end',
    breaks: 'the expression is taken as text, or fails',
    of: ({ value }) =>
      typeof value === 'string' && value.trim().endsWith('}}') && value.includes('${{')
        ? { to: value.trim().slice(0, -1) }
        : null,
  },
  {
    name: 'no time limit',
    breaks: 'a step or Job waits for ever, or is tried again',
    of: ({ key, value, kind, path }) => {
      if (!/^(Stage|PromotionTask|AnalysisTemplate)$/.test(kind)) return null;
      if (!/^(retry|timeout|errorThreshold|activeDeadlineSeconds|backoffLimit)$/.test(String(key)))
        return null;
      return key === 'backoffLimit' && path.length > 3
        ? { to: 3 }
        : value === undefined
          ? null
          : { drop: true };
    },
  },
  {
    name: 'weakened security',
    breaks: 'the pod is refused by the namespace, or has rights it must not have',
    of: ({ key, value, path, kind }) => {
      if (!/^(Deployment|CronJob|AnalysisTemplate)$/.test(kind)) return null;
      if (key === 'runAsNonRoot' || key === 'readOnlyRootFilesystem') return { to: false };
      if (key === 'allowPrivilegeEscalation') return { to: true };
      if (key === 'automountServiceAccountToken' && value === false) return { drop: true };
      if (key === 'seccompProfile' || key === 'capabilities') return { drop: true };
      if (key === 'type' && path.at(-2) === 'seccompProfile') return { to: 'Unconfined' };
      if (key === 'serviceAccountName') return { drop: true };
      if (key === 'runAsUser') return { to: 0 };
      return key === 'securityContext' ? { drop: true } : null;
    },
  },
  {
    name: 'no limits or probes',
    breaks: 'the pod takes what it wants, or nobody notices that it is stuck',
    of: ({ key, path, kind }) => {
      if (!/^(Deployment|CronJob)$/.test(kind)) return null;
      if (/^(startupProbe|readinessProbe|livenessProbe)$/.test(String(key))) return { drop: true };
      if (key === 'resources' || path.at(-2) === 'resources') return { drop: true };
      return null;
    },
  },
  {
    name: 'wrong sync window',
    breaks: 'nothing is frozen, at another hour, or every sync is blocked',
    of: ({ path, key }) => {
      if (!path.includes('syncWindows')) return null;
      if (key === 'kind') return { to: 'Deny' };
      if (key === 'schedule') return { to: '61 9 * * 1-5' };
      if (key === 'duration') return { to: '6 hours' };
      if (key === 'timeZone') return { to: 'America/NewYork' };
      return key === 'applications' ? { drop: true } : null;
    },
  },
  {
    name: 'wrong sync option',
    breaks: 'Argo CD ignores the option',
    of: ({ path, key, value }) => {
      if (typeof value !== 'string') return null;
      if (path.at(-2) === 'syncOptions' || String(key).endsWith('/sync-options'))
        return { to: value.replace('=', 's=') };
      return String(key).endsWith('/sync-wave') ? { to: 'first' } : null;
    },
  },
  {
    name: 'gate made harmless',
    breaks: 'a promotion goes on although the gate refused, or is never tried again',
    of: ({ path, key, value, kind }) => {
      if (key === 'autoPromotionEnabled' && value === false) return { to: true };
      if (kind === 'Stage' && path.at(-2) === 'steps' && isGate(value)) return { drop: true };
      if (!/^(Stage|PromotionTask)$/.test(kind) || path.at(-2) !== 'steps' || !isFields(value))
        return null;
      const { uses } = value;
      if (uses === 'fail') return { to: { ...value, continueOnError: true } };
      return uses === 'git-push' || uses === 'argocd-update' || uses === 'set-metadata'
        ? { to: { ...value, if: '${{ always() }}' } }
        : null;
    },
  },
  {
    name: 'wrong value',
    breaks: 'the API server refuses the value',
    of: ({ path, key, value, kind }) => {
      if (kind === '' || typeof value === 'object') return null;
      if (
        /^(concurrencyPolicy|restartPolicy|terminationMessagePolicy|fsGroupChangePolicy|imageSelectionStrategy|commitSelectionStrategy|freightCreationPolicy|protocol)$/.test(
          String(key),
        )
      )
        return { to: `${String(value)}s` };
      if (path.at(-2) === 'accessModes') return { to: 'ReadWriteTwice' };
      if (
        key === 'storage' ||
        key === 'sizeLimit' ||
        path.at(-2) === 'requests' ||
        path.at(-2) === 'limits'
      )
        return { to: '5 GB' };
      if (key === 'schedule' && kind === 'CronJob') return { to: '*/10 * * *' };
      return key === 'containerPort' ? { to: 99_999 } : null;
    },
  },
];

/** A step of a Stage that is a gate in this bundle; the second one stands before the push. */
function isGate(step: unknown): boolean {
  return /^market-gate/.test(String(valueAt(step, ['task', 'name']) ?? ''));
}

/** Names of the operators, in the order of the report. */
export const OPERATOR_NAMES: readonly string[] = OPERATORS.map(({ name }) => name);
