import type { Shape } from './shape.ts';
import {
  atMostOne,
  blankTextFirst,
  duration,
  filled,
  flag,
  list,
  off,
  provider,
  record,
  someText,
  text,
  url,
} from './shape-parts.ts';

const author = record(
  { name: someText, email: { type: 'string', format: 'email' }, signingKey: text },
  ['name', 'email'],
);

const checkout: Shape = {
  ...record(
    {
      path: someText,
      branch: text,
      commit: text,
      tag: text,
      create: flag,
      as: text,
      sparse: list(someText, 1),
    },
    ['path'],
  ),
  exactlyOne: atMostOne(['branch', 'commit', 'tag']),
};

const attempts: Shape = { type: 'integer', minimum: 1, maximum: 2_147_483_647 };
const pullRequestNumber: Shape = { type: 'integer', minimum: 1 };

const gitPush: Shape = {
  ...record(
    {
      path: someText,
      targetBranch: text,
      generateTargetBranch: flag,
      tag: text,
      force: flag,
      maxAttempts: attempts,
      provider,
    },
    ['path'],
  ),
  exactlyOne: [
    {
      required: ['generateTargetBranch'],
      properties: {
        generateTargetBranch: { oneOfValues: [true] },
        targetBranch: blankTextFirst,
        tag: blankTextFirst,
      },
    },
    {
      required: ['targetBranch'],
      properties: { generateTargetBranch: off, targetBranch: filled, tag: blankTextFirst },
    },
    {
      required: ['tag'],
      properties: {
        generateTargetBranch: off,
        targetBranch: blankTextFirst,
        tag: filled,
        force: off,
      },
    },
    {
      properties: {
        generateTargetBranch: off,
        targetBranch: blankTextFirst,
        tag: blankTextFirst,
      },
    },
  ],
};

const githubPush: Shape = {
  ...record(
    {
      path: someText,
      targetBranch: text,
      generateTargetBranch: flag,
      force: flag,
      maxAttempts: attempts,
      insecureSkipTLSVerify: flag,
    },
    ['path'],
  ),
  exactlyOne: [
    {
      required: ['generateTargetBranch'],
      properties: { generateTargetBranch: { oneOfValues: [true] }, targetBranch: blankTextFirst },
    },
    {
      required: ['targetBranch'],
      properties: { generateTargetBranch: off, targetBranch: filled },
    },
    { properties: { generateTargetBranch: off, targetBranch: blankTextFirst } },
  ],
};

/** Shapes of the steps that work with git and with pull requests. */
export const gitShapes: Readonly<Record<string, Shape>> = {
  'git-clone': record(
    {
      repoURL: someText,
      checkout: list(checkout, 1),
      author,
      blobless: flag,
      recurseSubmodules: flag,
      insecureSkipTLSVerify: flag,
    },
    ['repoURL', 'checkout'],
  ),
  'git-clear': record({ path: someText }, ['path']),
  'git-commit': record({ path: someText, message: someText, author }, ['path', 'message']),
  'git-push': gitPush,
  'github-push': githubPush,
  // The one shape of Kargo's that is open.
  'git-tag': {
    type: 'object',
    properties: { path: someText, tag: someText, message: someText, force: flag },
    required: ['path', 'tag', 'message'],
  },
  'git-open-pr': record(
    {
      repoURL: url,
      sourceBranch: someText,
      targetBranch: someText,
      createTargetBranch: flag,
      title: someText,
      description: someText,
      labels: list(someText),
      provider,
      insecureSkipTLSVerify: flag,
    },
    ['repoURL', 'targetBranch', 'sourceBranch'],
  ),
  'git-wait-for-pr': record(
    {
      repoURL: url,
      prNumber: pullRequestNumber,
      pollInterval: duration,
      provider,
      insecureSkipTLSVerify: flag,
    },
    ['repoURL', 'prNumber'],
  ),
  'git-merge-pr': record(
    {
      repoURL: url,
      prNumber: pullRequestNumber,
      wait: flag,
      pollInterval: duration,
      mergeMethod: someText,
      provider,
      insecureSkipTLSVerify: flag,
    },
    ['repoURL', 'prNumber'],
  ),
};
