import { z } from 'zod';
import {
  anything,
  atMostOne,
  choice,
  constrained,
  filled,
  flag,
  form,
  integer,
  isTrue,
  list,
  notBoth,
  record,
  someText,
  text,
} from './computed.ts';
import type { Schema } from './parts.ts';

const author = record(
  {
    name: someText.describe('Name that the commits carry.'),
    email: z
      .string()
      .meta({ format: 'mail-address', 'x-expected': 'a mail address' })
      .describe('Mail address that the commits carry.'),
  },
  { signingKey: text.describe('GPG key, ASCII-armoured, that signs the commits.') },
);
export const provider: Schema = choice('azure', 'bitbucket', 'gitea', 'github', 'gitlab').describe(
  'Which service hosts the repository, where its address does not tell.',
);
/** Any duration in it will do: Kargo's pattern is not anchored. */
export const goDuration: Schema = form(/(\d+(ns|us|µs|ms|s|m|h))+/, 'a duration such as 30s or 5m');

const path = someText.describe("Path in the promotion's working folder.");
const repoURL = someText.describe('Address of the repository.');
const webURL = z
  .string()
  .min(1)
  .meta({
    format: 'step-uri',
    'x-expected': 'an absolute address, such as https://host/owner/name',
  })
  .describe('Address of the repository.');
const insecureSkipTLSVerify = flag.describe("Do not check the server's certificate.");
const largestInt32 = 2_147_483_647;

const pushTarget = {
  path,
};
const pushOptions = {
  generateTargetBranch: flag.describe('Push to a new branch named after the Promotion.'),
  targetBranch: text.describe('Branch to push to; otherwise the branch that is checked out.'),
  force: flag.describe('Overwrite what is there.'),
  maxAttempts: integer(1, largestInt32).describe('How often to try when others push too.'),
};
const oneTarget = {
  ...notBoth({ ...isTrue('generateTargetBranch'), ...filled('targetBranch') }),
  'x-expected': 'either generateTargetBranch or targetBranch',
};

export const gitSteps: Readonly<Record<string, Schema>> = {
  'git-clone': record(
    {
      repoURL,
      checkout: list(
        constrained(
          { allOf: atMostOne(['branch', 'commit', 'tag']) },
          { path: someText.describe('Where to put this working tree.') },
          {
            branch: text.describe('Branch to check out.'),
            commit: text.describe('Commit to check out.'),
            tag: text.describe('Tag to check out.'),
            create: flag.describe('Make the branch, empty, if it does not exist; pushes at once.'),
            as: text.describe('Name of this checkout in the outputs.'),
            sparse: list(someText, 1).describe('Only these folders.'),
          },
        ),
        1,
      ).describe('Working trees to make of the repository.'),
    },
    {
      author,
      blobless: flag.describe('Fetch file contents only when they are needed.'),
      recurseSubmodules: flag.describe('Clone submodules too.'),
      insecureSkipTLSVerify,
    },
  ),
  'git-clear': record({ path }),
  'git-commit': record({ path, message: someText.describe('Commit message.') }, { author }),
  'git-push': constrained(
    {
      allOf: [
        oneTarget,
        ...atMostOne(['targetBranch', 'tag']),
        {
          ...notBoth({ ...isTrue('generateTargetBranch'), ...filled('tag') }),
          'x-expected': 'either generateTargetBranch or tag',
        },
        {
          ...notBoth({ ...isTrue('force'), ...filled('tag') }),
          'x-expected': 'no force where a tag is pushed',
        },
      ],
    },
    pushTarget,
    { ...pushOptions, tag: text.describe('Tag to push instead of a branch.'), provider },
  ),
  'github-push': constrained({ allOf: [oneTarget] }, pushTarget, {
    ...pushOptions,
    insecureSkipTLSVerify,
  }),
  // Its schema lets other keys through.
  'git-tag': z
    .object({
      path,
      tag: someText.describe('Name of the tag.'),
      message: someText.describe('Message of the tag.'),
      force: flag.optional().describe('Move a tag that exists.'),
    })
    .catchall(anything),
  'git-open-pr': record(
    {
      repoURL: webURL,
      sourceBranch: someText.describe('Branch with the changes.'),
      targetBranch: someText.describe('Branch that is to take them.'),
    },
    {
      createTargetBranch: flag.describe('Deprecated: make the target branch if it does not exist.'),
      title: someText.describe('Title of the pull request.'),
      description: someText.describe('Text of the pull request.'),
      insecureSkipTLSVerify,
      labels: list(someText).describe('Labels of the pull request.'),
      provider,
    },
  ),
  'git-wait-for-pr': record(
    { repoURL: webURL, prNumber: integer(1).describe('Number of the pull request.') },
    { insecureSkipTLSVerify, pollInterval: goDuration, provider },
  ),
  'git-merge-pr': record(
    { repoURL: webURL, prNumber: integer(1).describe('Number of the pull request.') },
    {
      insecureSkipTLSVerify,
      mergeMethod: someText.describe("One of the provider's ways to merge."),
      pollInterval: goDuration,
      provider,
      wait: flag.describe('Try until the pull request can be merged.'),
    },
  ),
};
