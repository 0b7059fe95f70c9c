import type { AdmittedPromotion } from '../../../../scripts/kargo/admission.ts';
import {
  mayNotTouchPromotion,
  type PromotionSpec,
  refuseFreightChange,
  refusePromotionChange,
} from '../../../../scripts/kargo/immutability.ts';
import type { ProjectState } from '../../../../scripts/kargo/project-state.ts';
import type { Refusal } from '../../../../scripts/kargo/refusal.ts';
import { requester, storedStep, storedVars } from './forms.ts';
import { list, type Raw, record, text } from './record.ts';
import { freightOf, PROJECT } from './recorded-project.ts';

const OK = 200;
/** The driver's patch of a Freight, which only the answer tells. */
const OTHER_TAG = '8.8.8';
const UNKNOWN_FREIGHT = 'e'.repeat(40);

/** What the API answers to an act of somebody on a Freight or on the last Promotion; `null` for unknown acts. */
export function changeAnswer(
  act: Raw,
  raw: Raw,
  state: ProjectState,
  promotion: AdmittedPromotion | undefined,
): Raw | null {
  const made = list(raw['freight']).map(freightOf);
  const freight = made[0];
  const [image] = freight?.images ?? [];
  switch (text(act['step'])) {
    case 'Freight deleted while queued':
      return answer(state.removeFreight(made.at(-1)?.name ?? ''));
    case 'delete the current Freight':
      return answer(state.removeFreight(freight?.name ?? ''));
    case 'patch images': {
      if (freight === undefined || image === undefined) return null;
      return answer(
        refuseFreightChange(freight, { ...freight, images: [{ ...image, tag: OTHER_TAG }] }),
      );
    }
    case 'patch alias':
    case 'patch label alias': {
      if (freight === undefined) return null;
      return answer(refuseFreightChange(freight, { ...freight, alias: text(act['alias']) }));
    }
  }
  return promotion === undefined ? null : promotionAnswer(text(act['step']), promotion);
}

function promotionAnswer(step: string, promotion: AdmittedPromotion): Raw | null {
  const { name } = promotion;
  const spec = specOf(promotion, {});
  switch (step) {
    case 'patch spec.freight':
      return answer(
        refusePromotionChange(name, spec, specOf({ ...promotion, freight: UNKNOWN_FREIGHT }, {})),
      );
    case 'patch spec.vars': {
      const vars = storedVars([{ name: 'a', value: 'b' }]);
      return answer(refusePromotionChange(name, spec, specOf(promotion, { vars })));
    }
    case 'patch annotation':
      return answer(refusePromotionChange(name, spec, spec));
    case 'patch annotation as alice':
      return answer(mayNotTouchPromotion(requester('alice'), 'patch', name, PROJECT));
    case 'delete as alice':
      return answer(mayNotTouchPromotion(requester('alice'), 'delete', name, PROJECT));
  }
  return null;
}

function specOf(promotion: AdmittedPromotion, more: Raw): PromotionSpec {
  const { stage, freight } = promotion;
  return { stage, freight, ...more, steps: promotion.steps.map(storedStep) };
}

function answer(refusal: Refusal | null): Raw {
  return refusal === null
    ? { code: OK, message: null }
    : record({ code: refusal.code, message: refusal.message });
}
