import { join } from 'node:path';
import { loadProject, parseObjects } from '../kargo/load.ts';
import type { Project } from '../kargo/project.ts';
import type { KubernetesObject } from '../kargo/step.ts';
import type { KustomizeProgram } from '../kustomize/program.ts';
import { joinObjects, KustomizeError, renderOverlay } from '../kustomize/render.ts';
import { PROJECT } from '../settings/names.ts';
import { RehearsalError } from './error.ts';

/** Everything of a bundle that is applied by hand or by the delivery Application, rendered. */
export interface Manifests {
  readonly kargo: readonly KubernetesObject[];
  readonly argocd: readonly KubernetesObject[];
  readonly project: Project;
  /** Namespace of the workloads of each Stage. */
  readonly namespaces: ReadonlyMap<string, string>;
  readonly repoURL: string;
  readonly imageRepository: string;
}

export { PROJECT };
export const STAGES = ['canary', 'full'] as const;

/**
 * Renders the Kubernetes manifests of a bundle's tree; the overlays too, although only promotions use them, so that
 * one that does not render is found before anything is started. Throws RehearsalError MANIFESTS_NOT_RENDERED.
 */
export async function renderManifests(
  tree: string,
  program: KustomizeProgram,
  options: { readonly home: string; readonly signal: AbortSignal },
): Promise<Manifests> {
  const [kargo, argocd] = await Promise.all(
    ['kargo', 'argocd', ...STAGES.map((stage) => `gitops/overlays/${stage}`)].map((folder) =>
      render(tree, folder, program, options),
    ),
  );
  const kargoText = kargo ?? '';
  const project = loadProject(PROJECT, [{ file: 'kargo (rendered)', text: kargoText }]);
  const applications = objectsOf('argocd (rendered)', argocd ?? '');
  const subscriptions = [...project.warehouses.values()].flatMap(
    (warehouse) => warehouse.spec.subscriptions,
  );
  return {
    kargo: objectsOf('kargo (rendered)', kargoText),
    argocd: applications,
    project,
    namespaces: new Map(STAGES.map((stage) => [stage, destination(applications, stage)])),
    repoURL: required(
      subscriptions.find(({ git }) => git !== undefined)?.git?.repoURL,
      'a git subscription of a Warehouse',
    ),
    imageRepository: required(
      subscriptions.find(({ image }) => image !== undefined)?.image?.repoURL,
      'an image subscription of a Warehouse',
    ),
  };
}

async function render(
  tree: string,
  folder: string,
  program: KustomizeProgram,
  options: { readonly home: string; readonly signal: AbortSignal },
): Promise<string> {
  try {
    return joinObjects(await renderOverlay(program, join(tree, folder), options));
  } catch (cause) {
    if (!(cause instanceof KustomizeError)) throw cause;
    // The person edits the working tree, not the copy that was rendered.
    const message = cause.message.replaceAll(`${tree}/`, '').trim();
    throw new RehearsalError('MANIFESTS_NOT_RENDERED', `${folder} does not render: ${message}`, {
      cause,
    });
  }
}

function objectsOf(file: string, text: string): readonly KubernetesObject[] {
  return parseObjects({ file, text }).map(({ value }) => value as KubernetesObject);
}

function destination(applications: readonly KubernetesObject[], stage: string): string {
  const application = applications.find(
    ({ kind, metadata }) => kind === 'Application' && metadata.name === `orderbooks-${stage}`,
  );
  const spec = application?.['spec'] as { destination?: { namespace?: string } } | undefined;
  return required(
    spec?.destination?.namespace,
    `Application orderbooks-${stage} with a destination namespace`,
  );
}

function required(value: string | undefined, what: string): string {
  if (value !== undefined) return value;
  throw new RehearsalError(
    'MANIFESTS_INCOMPLETE',
    `expected ${what} in the rendered manifests, found none`,
  );
}
