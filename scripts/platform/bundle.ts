import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { outcomeOf, type StepOutcome } from '../cluster/steps.ts';
import { parseObjects } from '../kargo/load.ts';
import { findKustomize } from '../kustomize/program.ts';
import { joinObjects, renderOverlay } from '../kustomize/render.ts';

export const ARGOCD_NAMESPACE = 'argocd';
export const DELIVERY = 'orderbooks-delivery';

const application = z.object({
  metadata: z.object({ name: z.string(), finalizers: z.array(z.string()).default([]) }),
  status: z
    .object({
      sync: z.object({ status: z.string().optional() }).optional(),
      operationState: z
        .object({ phase: z.string().optional(), message: z.string().optional() })
        .optional(),
      conditions: z.array(z.object({ message: z.string() })).optional(),
    })
    .optional(),
});

/** The project's own objects for Argo CD: AppProjects first, an Application without its AppProject is an error. */
export async function applyBundle(
  kubectl: Kubectl,
  { root, home, signal }: { root: string; home: string; signal: AbortSignal },
): Promise<StepOutcome> {
  const objects = await bundleObjects(root, home, signal);
  try {
    return outcomeOf(await kubectl.apply(objects), kubectl.dryRun);
  } catch (error) {
    const early =
      kubectl.dryRun &&
      error instanceof ClusterError &&
      (error.code === 'KIND_UNKNOWN' || error.code === 'NOT_FOUND');
    if (!early) throw error;
    return {
      state: 'would change',
      detail: `${objects.length} objects once Argo CD is installed`,
    };
  }
}

/** argocd/ as rendered. */
export async function bundleObjects(
  root: string,
  home: string,
  signal: AbortSignal,
): Promise<readonly object[]> {
  const rendered = joinObjects(
    await renderOverlay(await findKustomize(), join(root, 'argocd'), { home, signal }),
  );
  const objects = parseObjects({ file: 'argocd (rendered)', text: rendered });
  return objects.map(({ value }) => value).sort((left, right) => rank(left) - rank(right));
}

/** Between two looks at an Application, milliseconds: Argo CD itself needs seconds. */
const LOOK_EVERY_MS = 2_000;

/**
 * Waits until Argo CD has delivered kargo/ from main. Not to have it yet is no failure: without Git credentials, which
 * `bootstrap` gives, it cannot.
 */
export async function delivered(
  kubectl: Kubectl,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
  now: () => number = Date.now,
): Promise<StepOutcome> {
  const deadline = now() + waitMs;
  for (;;) {
    const found = await kubectl.find(
      'applications.argoproj.io',
      DELIVERY,
      ARGOCD_NAMESPACE,
      application,
    );
    const { sync, operationState, conditions } = found?.status ?? {};
    if (sync?.status === 'Synced') {
      return { state: 'done', detail: 'Argo CD delivered the Project, its Stages and tasks' };
    }
    if (kubectl.dryRun) {
      return { state: 'would change', detail: 'Argo CD would deliver kargo/ from main' };
    }
    if (now() >= deadline) {
      const why = [
        sync?.status,
        operationState?.phase,
        operationState?.message,
        ...(conditions ?? []).map(({ message }) => message),
      ].filter(Boolean);
      return {
        state: 'done',
        detail: `Argo CD has not delivered kargo/ from main yet (${why.join(', ') || 'not seen'}); give it Git credentials with: npm run bootstrap`,
      };
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** Names of the project's Applications that are there, those that would take their objects along marked. */
export async function applications(
  kubectl: Kubectl,
): Promise<readonly { readonly name: string; readonly cascades: boolean }[]> {
  const found = await kubectl.list('applications.argoproj.io', ARGOCD_NAMESPACE, application);
  return found
    .filter(({ metadata }) => metadata.name.startsWith('orderbooks-'))
    .map(({ metadata }) => ({
      name: metadata.name,
      cascades: metadata.finalizers.some((one) => one.startsWith('resources-finalizer')),
    }));
}

function rank(object: Readonly<Record<string, unknown>>): number {
  return object['kind'] === 'AppProject' ? 0 : 1;
}
