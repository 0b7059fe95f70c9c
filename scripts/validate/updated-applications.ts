import { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';
import { MemoryWorld } from '../kargo/memory-world.ts';
import type { KubernetesObject } from '../kargo/step.ts';
import { ARGOCD_NAMESPACE } from '../kargo/steps/argocd-application.ts';
import { authorizedApplications } from '../kargo/steps/argocd-selection.ts';
import type { ApplicationUpdate } from './application-updates.ts';
import type { Bundle, BundleObject } from './bundle.ts';
import { isComputed } from './expression-text.ts';
import { type Fields, fields, text, valueAt } from './fields.ts';
import { type KnownText, knownText } from './known-text.ts';
import { objectsOf } from './lookup.ts';

/** What an update finds in the bundle, judged by the engine that carries promotions out. */
export type UpdateOutcome =
  | { readonly result: 'found'; readonly applications: readonly BundleObject[] }
  /** The name, or a part of the selector, is known only while a promotion runs. */
  | { readonly result: 'unknown' }
  | {
      readonly result: 'missing' | 'unauthorised';
      /** Null for a selector. */
      readonly name: KnownText | null;
      readonly namespace: string;
      /** The one that is named and not authorised. */
      readonly application: BundleObject | null;
    };

export function updatedApplications(bundle: Bundle, update: ApplicationUpdate): UpdateOutcome {
  const { object, path, scope, stage } = update;
  const value = fields(valueAt(object.value, path));
  const namespace =
    value['namespace'] === undefined
      ? ARGOCD_NAMESPACE
      : knownText(object, [...path, 'namespace'], scope)?.value;
  const name = knownText(object, [...path, 'name'], scope);
  const selector =
    value['selector'] === undefined ? undefined : labelSelector.safeParse(value['selector']);
  const unclear = selector === undefined ? name === null : !selector.success;
  if (namespace === undefined || unclear) {
    return { result: 'unknown' };
  }
  const applications = objectsOf(bundle, 'argoproj.io', 'Application').filter(
    (application) => application.namespace === namespace || application.namespace === '',
  );
  const views = new Map(applications.map((one) => [viewOf(one, namespace), one] as const));
  try {
    const found = authorizedApplications(
      {
        namespace,
        ...(selector === undefined
          ? { name: name?.value ?? '' }
          : { selector: selector.data ?? {} }),
      },
      {
        ...NO_PROMOTION,
        world: new MemoryWorld({ applications: [...views.keys()] }),
        project: stage.namespace,
        stage: stage.name,
      },
    );
    return { result: 'found', applications: found.flatMap((view) => views.get(view) ?? []) };
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    const result = RESULTS[error.code];
    // A selector that cannot be built is a fault of the step's config.
    if (result === undefined) return { result: 'unknown' };
    return {
      result,
      name: selector === undefined ? name : null,
      namespace,
      application: applications.find((one) => one.name === name?.value) ?? null,
    };
  }
}

/** A selector that says the same in every promotion; its own faults are those of the step's config. */
const plainText = z.string().refine((value) => !isComputed(value));
const labelSelector = z.strictObject({
  matchLabels: z.record(z.string(), plainText).default({}),
  matchExpressions: z
    .array(
      z.strictObject({
        key: plainText,
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(plainText).default([]),
      }),
    )
    .default([]),
});

const RESULTS: Readonly<Record<string, 'missing' | 'unauthorised'>> = {
  ARGOCD_APPLICATION_MISSING: 'missing',
  ARGOCD_UNAUTHORIZED: 'unauthorised',
};

const NO_PROMOTION = {
  workDir: '',
  promotion: '',
  actor: '',
  alias: '',
  freight: [],
  warehouseImages: {},
  previousOutput: undefined,
  signal: new AbortController().signal,
} as const;

function viewOf({ value, name }: BundleObject, namespace: string): KubernetesObject {
  const metadata = fields(value['metadata']);
  return {
    apiVersion: text(value['apiVersion']),
    kind: 'Application',
    metadata: {
      name,
      namespace,
      labels: texts(fields(metadata['labels'])),
      annotations: texts(fields(metadata['annotations'])),
    },
  };
}

function texts(values: Fields): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, text(value)]));
}
