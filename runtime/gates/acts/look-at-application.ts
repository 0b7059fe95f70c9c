import { defineAct } from '../act.ts';
import { deliveryFaults } from '../delivery-state.ts';
import { POLL_INTERVAL_MS } from '../until.ts';

/**
 * Looks at the Stage's last Promotion and at the Application that it synced. Argo CD prunes after Kargo's sync, in one
 * of its own: until nothing is wrong any more, it is looked at again as long as a rollout may take.
 */
export const lookAtApplication = defineAct({
  fact: 'delivery',
  title: 'look at what Argo CD synced',
  needs: [],
  async perform({ platform, subject, policy, now, wait, signal, demanded }) {
    const deadline = now().getTime() + policy.readyTimeout;
    for (;;) {
      signal.throwIfAborted();
      const promotion = await platform.lastPromotion(subject.project, subject.stage);
      const place = promotion?.applications[0];
      const application =
        place === undefined ? null : await platform.application(place.namespace, place.name);
      const state = { promotion, application };
      const isWell = deliveryFaults(state, subject, policy.objects).length === 0;
      if (isWell || now().getTime() >= deadline) return state;
      await demanded('delivery', () => wait(POLL_INTERVAL_MS));
    }
  },
});
