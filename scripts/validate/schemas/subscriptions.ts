import { z } from 'zod';
import { choice, flag, form, list, record, type Schema, text, texts, time } from './parts.ts';

const discoveryLimit = z
  .int()
  .min(1)
  .max(100)
  .describe('How many candidates to look at; 20 unless told.');
const insecureSkipTLSVerify = flag.describe("Do not check the server's certificate.");
const strictSemvers = flag.describe('Only tags with major, minor and patch; true unless told.');
const allowTagsRegexes = texts.describe('A tag must match one of these.');
const ignoreTagsRegexes = texts.describe('A tag must match none of these.');
const deprecatedTags = {
  allowTags: text.describe('Fails since Kargo 1.11: use allowTagsRegexes.'),
  ignoreTags: texts.describe('Fails since Kargo 1.11: use ignoreTagsRegexes.'),
};

/** What a Warehouse watches; the CRD leaves it open, Kargo's controller does not. */
export const subscriptions: Readonly<Record<string, Schema>> = {
  git: record(
    {
      repoURL: form(
        /(?:^(ssh|https?):\/\/(?:([\w-]+)(:(.+))?@)?([\w-]+(?:\.[\w-]+)*)(?::(\d{1,5}))?(\/.*)$)|(?:^([\w-]+)@([\w+]+(?:\.[\w-]+)*):(\/?.*))$/,
        'the address of a git repository, such as https://host/owner/name.git',
      ).describe('Address of the repository.'),
    },
    {
      commitSelectionStrategy: choice(
        'NewestFromBranch',
        'SemVer',
        'Lexical',
        'NewestTag',
      ).describe('How to choose a commit; NewestFromBranch unless told.'),
      branch: form(
        /^[a-zA-Z0-9]([a-zA-Z0-9._/-]*[a-zA-Z0-9_-])?$/,
        'the name of a branch',
        255,
      ).describe('Branch to watch.'),
      semverConstraint: text.describe('Which versions count.'),
      strictSemvers,
      allowTagsRegexes,
      ignoreTagsRegexes,
      ...deprecatedTags,
      expressionFilter: text.describe('Expression over a commit or tag.'),
      includePaths: texts.describe('Only commits that change one of these.'),
      excludePaths: texts.describe('No commits that change only these.'),
      since: time.describe('Nothing older than this.'),
      blobless: flag.describe('Fetch file contents only when they are needed.'),
      discoveryLimit,
      insecureSkipTLSVerify,
    },
  ),
  image: record(
    {
      repoURL: form(
        /^(\w+([.-]\w+)*(:[\d]+)?\/)?(\w+([.-]\w+)*)(\/\w+([.-]\w+)*)*$/,
        'an image repository without scheme and tag, such as ghcr.io/owner/name',
      ).describe('Repository of the image.'),
    },
    {
      imageSelectionStrategy: choice('Digest', 'Lexical', 'NewestBuild', 'SemVer').describe(
        'How to choose an image; SemVer unless told.',
      ),
      constraint: text.describe('Range of versions, or the one tag for Digest.'),
      strictSemvers,
      allowTagsRegexes,
      ignoreTagsRegexes,
      ...deprecatedTags,
      platform: form(/^\w+\/\w+$/, 'a platform such as linux/amd64'),
      cacheByTag: flag.describe('Take tags as immutable.'),
      discoveryLimit,
      insecureSkipTLSVerify,
    },
  ),
  chart: record(
    {
      repoURL: form(
        /^(((https?)|(oci)):\/\/)(([\w\d.-]+)(:([\d]+)?)?(\/.*)*)$/,
        'the address of a chart repository, https:// or oci://',
      ).describe('Repository of the chart.'),
    },
    {
      name: text.describe('Name of the chart; none for oci://.'),
      semverConstraint: text.describe('Which versions count.'),
      discoveryLimit,
      insecureSkipTLSVerify,
    },
  ),
};

/** One entry of a Warehouse's list: a key for the kind of subscription, beside a name perhaps. */
export const subscription: Schema = z
  .strictObject({
    git: z.unknown().meta({ $ref: '../subscriptions/git.json' }).optional(),
    image: z.unknown().meta({ $ref: '../subscriptions/image.json' }).optional(),
    chart: z.unknown().meta({ $ref: '../subscriptions/chart.json' }).optional(),
  })
  .meta({
    minProperties: 1,
    maxProperties: 1,
    'x-expected': 'exactly one of git, image and chart',
  });

export const subscriptionList: Schema = list(subscription, 1);
