import { parseGoDuration } from '../../kargo/go-duration.ts';
import { type ApplicationUpdate, applicationUpdates } from '../application-updates.ts';
import { isPromotedAutomatically } from '../automatic-promotion.ts';
import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { objectsOf } from '../lookup.ts';
import { podTemplatesOf } from '../pods.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { updatedApplications } from '../updated-applications.ts';

/** How a promotion and Argo CD's own rules get in each other's way (facts/argo-cd-and-rollouts.md §0). */
export const checkSyncTraps: Check = function* ({ bundle }) {
  const projects = objectsOf(bundle, 'argoproj.io', 'AppProject');
  const told = new Set<BundleObject>();
  for (const update of applicationUpdates(bundle)) {
    const outcome = updatedApplications(bundle, update);
    if (outcome.result !== 'found') continue;
    for (const application of outcome.applications) {
      const name = valueAt(application.value, ['spec', 'project']);
      const project = projects.find((one) => one.name === name);
      if (project !== undefined) yield* blocked(bundle, update, application, project);
      if (told.has(application)) continue;
      told.add(application);
      yield* leftovers(application);
    }
  }
  yield* earlyClaims(bundle);
  for (const object of bundle.objects) yield* hooks(object);
};

/** Kargo waits this long for Argo CD where a step says nothing. */
const DEFAULT_TIMEOUT_MS = 5 * 60_000;

/** A blocked operation errors the promotion and stays on the Application: it is carried out when the window ends. */
function* blocked(
  bundle: Bundle,
  { stage, object, path }: ApplicationUpdate,
  application: BundleObject,
  project: BundleObject,
): Generator<Draft> {
  const step = path.slice(0, -3);
  const written = valueAt(object.value, [...step, 'retry', 'timeout']);
  const timeout = written === undefined ? DEFAULT_TIMEOUT_MS : parseGoDuration(text(written));
  const automatic = isPromotedAutomatically(bundle, stage);
  for (const window of items(valueAt(project.value, ['spec', 'syncWindows'])).map(fields)) {
    const length = parseGoDuration(text(window['duration']));
    const selects = items(window['applications']).some((one) => text(one) === application.name);
    if (window['kind'] !== 'deny' || !selects) continue;
    if (!automatic && window['manualSync'] === true) continue;
    // What cannot be read has findings of its own; no limit outlasts every window.
    if (typeof length === 'string' || typeof timeout === 'string' || timeout === 0) continue;
    if (timeout >= length) continue;
    yield {
      rule: 'argocd/blocked-by-window',
      at: object.at(written === undefined ? [...step, 'uses'] : [...step, 'retry', 'timeout']),
      message: `a deny window of AppProject ${project.name} holds up Application ${application.name} for ${text(window['duration'])}${automatic ? ', and promotions without a person always' : ''}; Stage ${stage.name} waits ${written === undefined ? '5m' : text(written)}: its promotion errors after the push, and what it asked for happens when the window ends`,
      fix: automatic
        ? 'let the step wait longer than the window, or take the Application out of it'
        : 'set manualSync: true in the window, or let the step wait longer than the window',
    };
  }
}

/** Kargo's sync never prunes, and Argo CD's own only where it corrects a revision that is synced already. */
function* leftovers(application: BundleObject): Generator<Draft> {
  const path: Path = ['spec', 'syncPolicy', 'automated'];
  const automated = fields(valueAt(application.value, path));
  if (automated['prune'] !== true || automated['selfHeal'] === true) return;
  if (automated['enabled'] === false) return;
  yield {
    rule: 'argocd/never-pruned',
    at: application.atKey([...path, 'prune']),
    message: `Application ${application.name} is synced by Kargo, which never prunes, and without selfHeal Argo CD does nothing at a revision that is synced: what a release drops stays for ever`,
    fix: 'add selfHeal: true',
  };
}

const WAVE: Path = ['metadata', 'annotations', 'argocd.argoproj.io/sync-wave'];

/** A claim binds when its first pod comes; the next wave waits until the claim is bound. */
function* earlyClaims(bundle: Bundle): Generator<Draft> {
  for (const claim of objectsOf(bundle, '', 'PersistentVolumeClaim')) {
    const pods = podTemplatesOf(bundle).filter(
      ({ object, spec, endless }) =>
        endless &&
        object.namespace === claim.namespace &&
        items(spec['volumes']).some(
          (volume) => valueAt(volume, ['persistentVolumeClaim', 'claimName']) === claim.name,
        ),
    );
    if (pods.length === 0 || pods.some(({ object }) => wave(object) <= wave(claim))) continue;
    yield {
      rule: 'argocd/claim-before-pod',
      at: claim.at(WAVE),
      message: `PersistentVolumeClaim ${claim.name} is synced in wave ${wave(claim)}, and no pod that uses it before wave ${Math.min(...pods.map(({ object }) => wave(object)))}: where volumes are bound at the first pod it stays Pending, and the sync never goes on`,
      fix: 'put the claim and its first pod into one wave',
    };
  }
}

function wave(object: BundleObject): number {
  return Number(text(valueAt(object.value, WAVE))) || 0;
}

const HOOKS: Readonly<Record<string, readonly string[]>> = {
  hook: ['PreSync', 'Sync', 'Skip', 'PostSync', 'SyncFail', 'PreDelete', 'PostDelete'],
  'hook-delete-policy': ['HookSucceeded', 'HookFailed', 'BeforeHookCreation'],
};

function* hooks(object: BundleObject): Generator<Draft> {
  for (const [key, known] of Object.entries(HOOKS)) {
    const path: Path = ['metadata', 'annotations', `argocd.argoproj.io/${key}`];
    for (const word of text(valueAt(object.value, path)).split(',')) {
      if (word.trim() === '' || known.includes(word.trim())) continue;
      yield {
        rule: 'argocd/unknown-hook',
        at: object.at(path),
        message: `${object.kind} ${object.name}: Argo CD knows no ${key} ${word.trim()} and syncs the object like any other`,
        fix: `known: ${known.join(', ')}`,
      };
    }
  }
}
