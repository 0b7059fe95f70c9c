import { OrderbooksError } from '../../../runtime/errors.ts';
import type { KubernetesObject, StepContext } from '../step.ts';
import { ARGOCD_NAMESPACE } from './argocd-application.ts';
import { quoted } from './argocd-source.ts';
import type { ApplicationUpdate, LabelRequirement, LabelSelector } from './config.ts';

/**
 * The Applications that an update means, by name or by labels, and that allow this Stage to change them. One that
 * does not is left out silently if a selector found others (facts/promotion-semantics.md, Argo CD).
 */
export function authorizedApplications(
  update: ApplicationUpdate,
  context: StepContext,
): readonly KubernetesObject[] {
  const namespace = update.namespace ?? ARGOCD_NAMESPACE;
  const candidates = candidatesOf(update, context);
  const authorized = candidates.filter((application) => authorizes(application, context));
  if (authorized.length > 0) return authorized;
  throw refusal(update, candidates.length, namespace, context);
}

/** The Applications that a step means, whether they allow to be changed or not; at least one. */
export function chosenApplications(
  choice: Choice,
  context: StepContext,
): readonly KubernetesObject[] {
  const candidates = candidatesOf(choice, context);
  if (candidates.length > 0) return candidates;
  throw noneFound(choice.namespace ?? ARGOCD_NAMESPACE);
}

type Choice = Pick<ApplicationUpdate, 'name' | 'namespace' | 'selector'>;

function candidatesOf(choice: Choice, context: StepContext): readonly KubernetesObject[] {
  const { selector, name = '', namespace = ARGOCD_NAMESPACE } = choice;
  if (selector === undefined) return [named(name, namespace, context)];
  return context.world
    .applications(namespace)
    .filter(({ metadata }) => selects(selector, metadata.labels ?? {}))
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

function noneFound(namespace: string): OrderbooksError {
  return new OrderbooksError(
    'ARGOCD_APPLICATION_MISSING',
    `no Argo CD Applications found matching selector in namespace ${JSON.stringify(namespace)}`,
  );
}

/** Lists the Stages that may change an Application: `<project>:<stage>`, separated by commas. */
const AUTHORIZED_STAGE = 'kargo.akuity.io/authorized-stage';

function named(name: string, namespace: string, context: StepContext): KubernetesObject {
  const application = context.world.application(namespace, name);
  if (application !== null) return application;
  throw new OrderbooksError(
    'ARGOCD_APPLICATION_MISSING',
    `unable to find Argo CD Application ${quoted({ name, namespace })}`,
  );
}

function authorizes({ metadata }: KubernetesObject, { project, stage }: StepContext): boolean {
  const entries = (metadata.annotations?.[AUTHORIZED_STAGE] ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(
      (entry) =>
        /^([^:]*):(.*)$/
          .exec(entry)
          ?.slice(1)
          .map((part) => part.trim()) ?? [],
    );
  // One entry that Kargo cannot read spoils the whole annotation.
  const readable = entries.every(
    ([inProject = '', inStage = '']) =>
      inProject !== '' && inStage !== '' && !`${inProject}${inStage}`.includes('*'),
  );
  return readable && entries.some((entry) => entry[0] === project && entry[1] === stage);
}

function refusal(
  update: ApplicationUpdate,
  candidates: number,
  namespace: string,
  { project, stage }: StepContext,
): OrderbooksError {
  const where = `in namespace ${JSON.stringify(namespace)}`;
  if (update.selector === undefined) {
    const name = update.name ?? '';
    return new OrderbooksError(
      'ARGOCD_UNAUTHORIZED',
      `Argo CD Application ${quoted({ name, namespace })} is not authorized`,
    );
  }
  if (candidates === 0) return noneFound(namespace);
  return new OrderbooksError(
    'ARGOCD_UNAUTHORIZED',
    `found ${candidates} Application(s) matching selector ${where}, but none are authorized for Stage ${project}:${stage}`,
  );
}

function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const exact = Object.entries(selector.matchLabels ?? {});
  return (
    exact.every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every((requirement) => meets(requirement, labels))
  );
}

function meets(
  { key, operator, values = [] }: LabelRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key];
  const needsValues = operator === 'In' || operator === 'NotIn';
  if (needsValues !== values.length > 0) {
    throw new OrderbooksError(
      'ARGOCD_SELECTOR',
      `error building label selector: invalid matchExpression: values: Invalid value: ${JSON.stringify(values)}: ${
        needsValues
          ? "for 'in', 'notin' operators, values set can't be empty"
          : 'values set must be empty for exists and does not exist'
      }`,
    );
  }
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
