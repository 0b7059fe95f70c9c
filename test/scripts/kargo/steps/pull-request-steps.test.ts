import { expect, test } from 'vitest';
import { LocalPullRequests } from '../../../../scripts/kargo/local-pull-requests.ts';
import type { StepContext } from '../../../../scripts/kargo/step.ts';
import { gitOpenPr } from '../../../../scripts/kargo/steps/git-open-pr.ts';
import { gitMergePr, gitWaitForPr } from '../../../../scripts/kargo/steps/git-pull-request.ts';
import { makeContext, makeRemote, mapping, NOW, REPOSITORY, runStep } from './promotion.ts';

const OPEN = { repoURL: REPOSITORY, sourceBranch: 'next', targetBranch: 'main' };
const FIRST = { repoURL: REPOSITORY, prNumber: 1 };

function begin() {
  const remote = makeRemote();
  const head = remote.commit('next', { 'a.txt': 'new\n' });
  const gitEnvironment = mapping(remote);
  const host = new LocalPullRequests(gitEnvironment, () => NOW);
  const plain = makeContext({ gitEnvironment });
  const context: StepContext = { ...plain, world: { ...plain.world, pullRequests: host } };
  return { remote, head, host, context };
}

test('a pull request is opened with the words of its commit, and taken again when it is there', async () => {
  const { host, head, context } = begin();
  const opened = await runStep(gitOpenPr, OPEN, context);
  const pr = { id: 1, url: 'https://git.example.com/data/orderbooks/pull/1' };
  expect(opened).toEqual({ status: 'Succeeded', output: { pr } });
  expect(host.list(REPOSITORY)[0]).toMatchObject({
    title: 'by hand',
    headCommit: head,
    open: true,
  });
  expect(await runStep(gitOpenPr, OPEN, context)).toEqual(opened);
  expect(host.list(REPOSITORY)).toHaveLength(1);
});

test('branches without a difference make no pull request', async () => {
  const { host, context } = begin();
  const same = { ...OPEN, sourceBranch: 'main' };
  expect((await runStep(gitOpenPr, same, context)).status).toBe('Skipped');
  expect(host.list(REPOSITORY)).toEqual([]);
});

test('waiting goes on while it is open, succeeds with the commit of its merge, and fails when it was closed', async () => {
  const { remote, host, context } = begin();
  await runStep(gitOpenPr, OPEN, context);
  expect((await runStep(gitWaitForPr, FIRST, context)).status).toBe('Running');
  host.setReady(REPOSITORY, 1, false);
  expect((await runStep(gitMergePr, { ...FIRST, wait: true }, context)).status).toBe('Running');
  expect(await runStep(gitMergePr, FIRST, context)).toMatchObject({
    status: 'Failed',
    message: 'pull request 1 is not ready to merge and wait is disabled',
  });
  host.setReady(REPOSITORY, 1, true);
  const merged = await runStep(gitMergePr, FIRST, context);
  const commit = remote.show('rev-parse', 'main');
  expect(merged).toEqual({ status: 'Succeeded', output: { commit } });
  expect(remote.show('show', 'main:a.txt')).toBe('new');
  expect((await runStep(gitWaitForPr, FIRST, context)).output).toMatchObject({ commit });
});

test('one that was closed fails for good, and a conflict is told', async () => {
  const { remote, host, context } = begin();
  await runStep(gitOpenPr, OPEN, context);
  remote.commit('main', { 'a.txt': 'other\n' });
  expect((await runStep(gitMergePr, FIRST, context)).message).toBe(
    'error merging pull request 1: merge conflict with main',
  );
  host.close(REPOSITORY, 1);
  expect(await runStep(gitWaitForPr, FIRST, context)).toMatchObject({
    status: 'Failed',
    terminal: true,
    message: 'pull request 1 was closed without being merged',
  });
});
