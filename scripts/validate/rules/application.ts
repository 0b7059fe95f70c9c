import { type ApplicationUpdate, applicationUpdates } from '../application-updates.ts';
import type { Draft } from '../finding.ts';
import { adviceOn, objectsOf } from '../lookup.ts';
import type { Check } from '../rule.ts';
import { type UpdateOutcome, updatedApplications } from '../updated-applications.ts';

const ANNOTATION = 'kargo.akuity.io/authorized-stage';

/** An update that finds no Application, or one that is not this Stage's to change, errors after the push. */
export const checkApplications: Check = function* ({ bundle, skip, house }) {
  const all = objectsOf(bundle, 'argoproj.io', 'Application');
  for (const update of applicationUpdates(bundle)) {
    const { object, path, stage } = update;
    const outcome = updatedApplications(bundle, update);
    switch (outcome.result) {
      case 'found':
        break;
      case 'unknown': {
        const { file, line } = object.at(path);
        skip({
          what: `${file}:${line}: the Application that Stage ${stage.name} updates`,
          why: 'its name is known only while a promotion runs',
        });
        break;
      }
      case 'missing':
        if (
          !house &&
          (all.length === 0 || objectsOf(bundle, 'argoproj.io', 'ApplicationSet').length > 0)
        ) {
          const { file, line } = object.at(path);
          skip({
            what: `${file}:${line}: the Application that Stage ${stage.name} updates`,
            why: 'it is not here; an ApplicationSet or another repository may make it',
          });
          break;
        }
        yield {
          rule: 'argocd/unknown-application',
          at: outcome.name?.at ?? object.at([...path, 'selector']),
          message:
            outcome.name === null
              ? `Stage ${stage.name} updates Applications by a selector that matches none in namespace ${outcome.namespace}: its promotions error after the push`
              : `Stage ${stage.name} updates Application ${outcome.name.value}, which is not there in namespace ${outcome.namespace}: its promotions error after the push`,
          fix: adviceOn(outcome.name?.value ?? '', all, 'Application'),
        };
        break;
      case 'unauthorised':
        yield unauthorised(update, outcome);
        break;
    }
  }
};

function unauthorised(
  { object, path, stage }: ApplicationUpdate,
  { application }: Extract<UpdateOutcome, { readonly application: unknown }>,
): Draft {
  const entry = `${stage.namespace === '' ? '<project>' : stage.namespace}:${stage.name}`;
  return {
    rule: 'argocd/not-authorised',
    at:
      application === null
        ? object.at([...path, 'selector'])
        : application.at(['metadata', 'annotations', ANNOTATION]),
    message:
      application === null
        ? `none of the Applications that the selector matches allows Stage ${stage.name} to sync it: its promotions error after the push`
        : `Application ${application.name} does not allow Stage ${stage.name} to sync it: its promotions error after the push`,
    fix: `annotate it with ${ANNOTATION}: ${entry} (several Stages are separated by commas; no patterns)`,
  };
}
