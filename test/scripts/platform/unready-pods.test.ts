import { expect, test } from 'vitest';
import { unreadyPods } from '../../../scripts/platform/unready-pods.ts';

const answering = (out: string, code = 0) => ({ answer: async () => ({ code, out, error: '' }) });

test('pods that crash, wait or are half ready are named with their state; those that are well or done are not', async () => {
  const said = await unreadyPods(
    answering(
      'redis-1 0/1 CrashLoopBackOff 4 (62s ago) 3m\nrepo-1 0/1 Init:0/1 0 3m\nhalf-1 1/2 Running 0 3m\nserver-1 1/1 Running 0 3m\ninit-1 0/1 Completed 0 4m\n',
    ),
    'argocd',
  );
  expect(said).toContain(
    'Not ready in argocd: redis-1 (CrashLoopBackOff), repo-1 (Init:0/1), half-1 (Running);',
  );
});

test('nothing is added where every pod is well, none is there, or nobody answers', async () => {
  for (const kubectl of [answering('a 1/1 Running 0 1m\n'), answering(''), answering('', 1)]) {
    expect(await unreadyPods(kubectl, 'argocd')).toBe('');
  }
});
