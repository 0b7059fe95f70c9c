import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StepContext } from '../../../../scripts/kargo/step.ts';
import { gitClear } from '../../../../scripts/kargo/steps/git-clear.ts';
import { gitClone } from '../../../../scripts/kargo/steps/git-clone.ts';
import { gitCommit } from '../../../../scripts/kargo/steps/git-commit.ts';
import { gitPush } from '../../../../scripts/kargo/steps/git-push.ts';
import { makeContext, makeRemote, mapping, NOW, REPOSITORY, runStep } from './promotion.ts';

const BRANCH = 'stage/canary';

function clone(context: StepContext, ...checkout: readonly object[]) {
  return runStep(gitClone, { repoURL: REPOSITORY, checkout }, context);
}

/** A promotion with `stage/canary` checked out at ./out. */
async function begin(remote = makeRemote()) {
  const context = makeContext({ gitEnvironment: mapping(remote) });
  const cloned = await clone(context, { path: './out', branch: BRANCH, create: true });
  expect(cloned.status).toBe('Succeeded');
  const write = (path: string, text: string) =>
    writeFileSync(join(context.workDir, 'out', path), text);
  const commit = (message = 'm') => runStep(gitCommit, { path: './out', message }, context);
  const push = (more: object = {}) => runStep(gitPush, { path: './out', ...more }, context);
  return { remote, context, cloned, write, commit, push };
}

describe('git-clone', () => {
  test('checks out a commit, a branch and a tag of one repository, named by path or by alias', async () => {
    const remote = makeRemote();
    const first = remote.show('rev-parse', 'main');
    remote.show('tag', 'v1', first);
    const second = remote.commit('main', { 'README.md': 'changed\n' });
    const context = makeContext({ gitEnvironment: mapping(remote) });
    const result = await clone(
      context,
      { path: './by-commit', commit: first, as: 'source' },
      { path: 'deep/by-branch', branch: 'main' },
      { path: './by-tag', tag: 'v1' },
    );
    expect(result).toEqual({
      status: 'Succeeded',
      output: { commits: { source: first, 'deep/by-branch': second, './by-tag': first } },
    });
    const text = (path: string) => readFileSync(join(context.workDir, path, 'README.md'), 'utf8');
    expect([text('by-commit'), text('deep/by-branch'), text('by-tag')]).toEqual([
      'hello\n',
      'changed\n',
      'hello\n',
    ]);
  });

  test('makes a missing branch as an empty root commit that is pushed at once', async () => {
    const { remote, cloned } = await begin();
    const head = remote.show('rev-parse', BRANCH);
    expect(cloned.output).toEqual({ commits: { './out': head } });
    expect(remote.show('log', '--format=%an <%ae>|%cn <%ce>|%at|%B%P', BRANCH)).toBe(
      `Kargo <no-reply@kargo.io>|Kargo <no-reply@kargo.io>|${NOW.getTime() / 1000}|Initial commit`,
    );
    expect(remote.show('ls-tree', '-r', '--name-only', BRANCH)).toBe('');
  });

  test('refuses a missing branch without create, and pushes nothing', async () => {
    const remote = makeRemote();
    const context = makeContext({ gitEnvironment: mapping(remote) });
    const result = await clone(context, { path: './out', branch: 'none' });
    expect(result).toEqual({
      status: 'Errored',
      message: `error ensuring existence of remote branch none: remote branch "none" of repo ${REPOSITORY} does not exist; set create=true if you'd like a non-existent remote branch to be automatically created at checkout`,
    });
    expect(remote.show('branch', '--list')).toBe('* main');
  });

  test('fails for good when two checkouts have one alias', async () => {
    const context = makeContext({});
    const result = await clone(context, { path: 'a', as: 'x' }, { path: 'b', as: 'x' });
    expect(result).toEqual({
      status: 'Failed',
      terminal: true,
      message: 'duplicate checkout alias "x" at checkout[1]',
    });
  });

  test.each(['../../out', '/out', 'a/../../../out'])(
    'keeps a checkout at %s in the work folder',
    async (path) => {
      const context = makeContext({ gitEnvironment: mapping(makeRemote()) });
      expect((await clone(context, { path, branch: 'main' })).status).toBe('Succeeded');
      expect(existsSync(join(context.workDir, 'out/README.md'))).toBe(true);
    },
  );

  test('takes a link that leads out of the work folder for a place inside it', async () => {
    const context = makeContext({ gitEnvironment: mapping(makeRemote()) });
    const outside = join(context.workDir, '..', 'orderbooks-elsewhere');
    symlinkSync(outside, join(context.workDir, 'link'));
    expect((await clone(context, { path: 'link/out', branch: 'main' })).status).toBe('Succeeded');
    expect(existsSync(outside)).toBe(false);
  });

  test.each(['--upload-pack=touch hacked', '-b'])(
    'never hands git the name %s as an option',
    async (name) => {
      const context = makeContext({ gitEnvironment: mapping(makeRemote()) });
      const result = await clone(context, { path: './out', commit: name });
      expect(result.status).toBe('Errored');
      expect(result.message).toContain('must not start with "-"');
    },
  );

  test('shows no password of a URL or of the environment', async () => {
    const secret = 'Basic c2VjcmV0LXZhbHVl';
    const context = makeContext({
      gitEnvironment: {
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'http.extraHeader',
        GIT_CONFIG_VALUE_0: secret,
      },
    });
    const repoURL = 'file://user:pa55word@/does/not/exist.git';
    const result = await runStep(
      gitClone,
      { repoURL, checkout: [{ path: `./${secret}`, branch: 'main' }] },
      context,
    );
    expect(result.status).toBe('Errored');
    expect(result.message).not.toContain('pa55word');
    expect(result.message).not.toContain(secret);
  });

  test("reads neither the machine's nor the user's configuration", async () => {
    const remote = makeRemote();
    const home = join(remote.folder, '..');
    writeFileSync(join(home, '.gitconfig'), '[user]\n\tname = Somebody Else\n');
    const before = process.env['HOME'];
    process.env['HOME'] = home;
    try {
      const { write, commit, context } = await begin(remote);
      write('a.txt', 'x');
      await commit();
      expect(readFileSync(join(context.workDir, 'out/a.txt'), 'utf8')).toBe('x');
      expect(remote.show('log', '-1', '--format=%an', BRANCH)).toBe('Kargo');
    } finally {
      process.env['HOME'] = before;
    }
  });
});

describe('git-commit', () => {
  test('gives the same commit for the same content, message, time and parent', async () => {
    const commits = await Promise.all(
      [makeRemote(), makeRemote()].map(async (remote) => {
        const { write, commit } = await begin(remote);
        write('a.yaml', 'a: 1\n');
        return (await commit('subject\n\nFreight: abc\n')).output?.['commit'];
      }),
    );
    expect(commits[0]).toMatch(/^[0-9a-f]{40}$/);
    expect(commits[1]).toBe(commits[0]);
  });

  test('is Skipped without a difference and gives the commit that is there', async () => {
    const { remote, commit } = await begin();
    const head = remote.show('rev-parse', BRANCH);
    expect(await commit()).toEqual({ status: 'Skipped', output: { commit: head } });
  });

  test('commits as the author of git-clone or of the step', async () => {
    const remote = makeRemote();
    const context = makeContext({ gitEnvironment: mapping(remote) });
    const author = { name: 'Alice "A" Example', email: 'alice@example.com' };
    await runStep(
      gitClone,
      { repoURL: REPOSITORY, author, checkout: [{ path: 'o', branch: BRANCH, create: true }] },
      context,
    );
    writeFileSync(join(context.workDir, 'o/a'), '1');
    await runStep(gitCommit, { path: 'o', message: 'one' }, context);
    writeFileSync(join(context.workDir, 'o/a'), '2');
    const bob = { name: 'Bob', email: 'bob@example.com' };
    await runStep(gitCommit, { path: 'o', message: 'two', author: bob }, context);
    await runStep(gitPush, { path: 'o' }, context);
    expect(remote.show('log', '--format=%an <%ae>/%cn <%ce>', BRANCH).split('\n')).toEqual([
      'Bob <bob@example.com>/Bob <bob@example.com>',
      'Alice "A" Example <alice@example.com>/Alice "A" Example <alice@example.com>',
      'Alice "A" Example <alice@example.com>/Alice "A" Example <alice@example.com>',
    ]);
  });

  test('refuses to leave a commit unsigned where a signature is asked for', async () => {
    const { context, write } = await begin();
    write('a', '1');
    const author = { name: 'A', email: 'a@example.com', signingKey: 'key material' };
    const result = await runStep(gitCommit, { path: 'out', message: 'm', author }, context);
    expect(result.status).toBe('Errored');
    expect(result.message).toContain('author.signingKey');
    expect(result.message).not.toContain('key material');
  });

  test('says what is missing where no checkout is', async () => {
    const context = makeContext({});
    mkdirSync(join(context.workDir, 'out'));
    const message = async (path: string) =>
      (await runStep(gitCommit, { path, message: 'm' }, context)).message?.replace(
        /\[\S*git /,
        '[git ',
      );
    expect(await message('./none')).toBe(
      `error loading working tree from ./none: error reading repo dir from config: error executing cmd [git config kargo.repoDir]: : chdir ${context.workDir}/none: no such file or directory`,
    );
    expect(await message('./out')).toBe(
      'error loading working tree from ./out: error reading repo dir from config: error executing cmd [git config kargo.repoDir]: ',
    );
  });

  test('refuses a checkout of another promotion', async () => {
    const other = await begin();
    const context = makeContext({ gitEnvironment: mapping(other.remote) });
    mkdirSync(join(context.workDir, 'out'));
    const link = readFileSync(join(other.context.workDir, 'out/.git'), 'utf8');
    writeFileSync(join(context.workDir, 'out/.git'), link);
    const result = await runStep(gitCommit, { path: 'out', message: 'm' }, context);
    expect(result.status).toBe('Errored');
    expect(result.message).toContain('outside the promotion');
  });
});

describe('git-clear', () => {
  test('removes tracked and untracked files and leaves ignored ones', async () => {
    const { context, write, commit } = await begin();
    write('.gitignore', '*.log\n');
    write('a.txt', 'a');
    await commit();
    write('b.txt', 'b');
    write('c.log', 'c');
    expect(await runStep(gitClear, { path: './out' }, context)).toEqual({ status: 'Succeeded' });
    const left = ['.gitignore', 'a.txt', 'b.txt', 'c.log', '.git'].filter((path) =>
      existsSync(join(context.workDir, 'out', path)),
    );
    expect(left).toEqual(['c.log', '.git']);
  });

  test('has nothing against an empty branch', async () => {
    const { context } = await begin();
    expect((await runStep(gitClear, { path: './out' }, context)).status).toBe('Succeeded');
  });
});

describe('git-push', () => {
  test('pushes to the branch that is checked out, and again without anything new', async () => {
    const { remote, write, commit, push } = await begin();
    write('a.txt', 'a');
    const made = await commit();
    const expected = { status: 'Succeeded', output: { branch: BRANCH, ...made.output } };
    expect(await push()).toEqual(expected);
    expect(await push()).toEqual(expected);
    expect(remote.show('rev-parse', BRANCH)).toBe(made.output?.['commit']);
  });

  test('takes in what others pushed meanwhile and gives the commit that came of it', async () => {
    const { remote, write, commit, push } = await begin();
    write('a.txt', 'mine');
    const made = await commit();
    const theirs = remote.commit(BRANCH, { 'b.txt': 'theirs' });
    const pushed = await push();
    expect(pushed.status).toBe('Succeeded');
    expect(pushed.output?.['commit']).not.toBe(made.output?.['commit']);
    expect(remote.show('log', '--format=%H', BRANCH).split('\n').slice(0, 2)).toEqual([
      pushed.output?.['commit'],
      theirs,
    ]);
  });

  test('does not rebase over a real conflict', async () => {
    const { remote, write, commit, push } = await begin();
    write('a.txt', 'mine');
    await commit();
    const theirs = remote.commit(BRANCH, { 'a.txt': 'theirs' });
    const pushed = await push();
    expect(pushed.status).toBe('Errored');
    expect(pushed.message).toMatch(
      /^error pushing commits to remote: error pulling and rebasing branch: /,
    );
    expect(pushed.message).toContain('CONFLICT');
    expect(remote.show('rev-parse', BRANCH)).toBe(theirs);
  });

  test('overwrites with force', async () => {
    const { remote, write, commit, push } = await begin();
    write('a.txt', 'mine');
    const made = await commit();
    remote.commit(BRANCH, { 'a.txt': 'theirs' });
    expect((await push({ force: true })).output).toEqual({ branch: BRANCH, ...made.output });
    expect(remote.show('show', `${BRANCH}:a.txt`)).toBe('mine');
  });

  test('lets two promotions push to one branch at once', async () => {
    const remote = makeRemote();
    remote.commit(BRANCH, { 'start.txt': '' });
    const promotions = [await begin(remote), await begin(remote)];
    for (const [index, { write, commit }] of promotions.entries()) {
      write(`${index}.txt`, '');
      await commit();
    }
    const results = await Promise.all(promotions.map(({ push }) => push()));
    expect(results.map(({ status }) => status)).toEqual(['Succeeded', 'Succeeded']);
    expect(remote.show('ls-tree', '--name-only', BRANCH).split('\n')).toEqual([
      '0.txt',
      '1.txt',
      'README.md',
      'start.txt',
    ]);
  });

  test('tries again when somebody was faster between rebase and push, and not more often than allowed', async () => {
    const { remote, write, commit, push } = await begin();
    write('a.txt', 'mine');
    await commit();
    // Stands for another pusher who comes in between: sets the branch to the commit named in the file `armed`, once.
    const hook = join(remote.folder, 'hooks/update');
    mkdirSync(join(remote.folder, 'hooks'), { recursive: true });
    writeFileSync(
      hook,
      `#!/bin/sh
test -e armed || exit 0
commit=$(cat armed)
rm armed
git update-ref refs/heads/${BRANCH} $commit
`,
    );
    await chmod(hook, 0o755);
    const arm = (file: string) => {
      const theirs = remote.commit('theirs', { [file]: 'theirs' });
      writeFileSync(join(remote.folder, 'armed'), theirs);
      return theirs;
    };
    const first = arm('b.txt');
    expect((await push({ maxAttempts: 1 })).message).toBe(
      'error pushing commits to remote: error pushing branch: non-fast-forward',
    );
    expect(remote.show('rev-parse', BRANCH)).toBe(first);
    arm('c.txt');
    expect((await push({ maxAttempts: 2 })).status).toBe('Succeeded');
    expect(remote.show('ls-tree', '--name-only', BRANCH).split('\n')).toEqual(
      expect.arrayContaining(['a.txt', 'b.txt', 'c.txt']),
    );
  });

  test('pushes to another branch, to a generated one, and a tag', async () => {
    const { remote, context, write, commit, push } = await begin();
    write('a.txt', 'a');
    const made = (await commit()).output?.['commit'];
    expect((await push({ targetBranch: 'other' })).output).toEqual({
      branch: 'other',
      commit: made,
    });
    expect((await push({ generateTargetBranch: true })).output).toEqual({
      branch: `kargo/promotion/${context.promotion}`,
      commit: made,
    });
    remote.show('tag', 'seen', 'other');
    const missing = await push({ tag: 'v9' });
    expect(missing.message).toContain('error pushing tag: ');
    expect(missing.status).toBe('Errored');
    expect(remote.show('rev-parse', 'other')).toBe(made);
  });

  test('gives the page of the commit where the host is a provider that Kargo knows', async () => {
    const remote = makeRemote();
    const repoURL = 'https://github.com/data/orderbooks.git';
    const environment = { ...mapping(remote), GIT_CONFIG_VALUE_0: repoURL };
    const context = makeContext({ gitEnvironment: environment });
    const checkout = [{ path: 'o', branch: BRANCH, create: true }];
    await runStep(gitClone, { repoURL, checkout }, context);
    const { output } = await runStep(gitPush, { path: 'o' }, context);
    expect(output?.['commitURL']).toBe(
      `https://github.com/data/orderbooks/commit/${output?.['commit']}`,
    );
  });
});
