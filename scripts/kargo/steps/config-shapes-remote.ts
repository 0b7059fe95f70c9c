import type { Shape } from './shape.ts';
import {
  atMostOne,
  blankTextFirst,
  duration,
  filled,
  flag,
  list,
  matching,
  off,
  record,
  someText,
  text,
} from './shape-parts.ts';

const labelSelector: Shape = {
  ...record(
    {
      matchLabels: { type: 'object', others: text },
      matchExpressions: list(
        record(
          {
            key: someText,
            operator: { type: 'string', oneOfValues: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
            values: list(text),
          },
          ['key', 'operator'],
        ),
      ),
    },
    [],
  ),
  atLeastOne: [
    { required: ['matchLabels'], properties: { matchLabels: { minProperties: 1 } } },
    { required: ['matchExpressions'], properties: { matchExpressions: { minItems: 1 } } },
  ],
};

const applicationImage: Shape = {
  ...record({ repoURL: someText, tag: text, digest: text, newName: someText }, ['repoURL']),
  exactlyOne: atMostOne(['digest', 'tag']),
};

const sourceUpdate: Shape = {
  ...record(
    {
      repoURL: someText,
      chart: someText,
      desiredRevision: someText,
      updateTargetRevision: flag,
      kustomize: record({ images: list(applicationImage, 1) }, []),
      helm: record({ images: list(record({ key: someText, value: text }, ['key', 'value']), 1) }, [
        'images',
      ]),
    },
    ['repoURL'],
  ),
  exactlyOne: [
    { properties: { desiredRevision: blankTextFirst, updateTargetRevision: off } },
    { required: ['desiredRevision'], properties: { desiredRevision: filled } },
  ],
};

/** By name or by selector, not by both. */
const chosenApplication: readonly Shape[] = [
  { required: ['name'], properties: { name: filled, selector: { oneOfValues: [null] } } },
  { required: ['selector'], properties: { name: blankTextFirst } },
];

const applicationUpdate: Shape = {
  ...record(
    {
      name: someText,
      namespace: someText,
      selector: labelSelector,
      sources: list(sourceUpdate, 1),
    },
    [],
  ),
  exactlyOne: chosenApplication,
};

const applicationWait: Shape = {
  ...record(
    {
      name: someText,
      namespace: someText,
      selector: labelSelector,
      waitFor: {
        ...list(
          {
            type: 'string',
            oneOfValues: ['health', 'sync', 'operation', 'suspended', 'degraded'],
          },
          1,
        ),
        uniqueItems: true,
      },
    },
    [],
  ),
  exactlyOne: chosenApplication,
};

const nameAndValue = list(record({ name: someText, value: someText }, ['name', 'value']));

const imageReference = (end: string): Shape => ({
  ...someText,
  pattern: `^(oci://)?[a-zA-Z0-9._-]+(:\\d+)?(/[a-zA-Z0-9._-]+)*${end}$`,
});
const tagOrDigest = imageReference('[@:][a-zA-Z0-9._:-]+');

/** Shapes of the steps that work with other systems: Argo CD, HTTP servers, OCI registries. */
export const remoteShapes: Readonly<Record<string, Shape>> = {
  'argocd-update': record({ apps: list(applicationUpdate, 1) }, ['apps']),
  'argocd-wait': record({ apps: list(applicationWait, 1) }, ['apps']),
  http: record(
    {
      method: matching('^(DELETE|GET|HEAD|PATCH|POST|PUT)$'),
      url: someText,
      headers: nameAndValue,
      queryParams: nameAndValue,
      body: text,
      insecureSkipTLSVerify: flag,
      proxy: matching('^https?://.*$'),
      timeout: duration,
      pollInterval: duration,
      responseContentType: matching('^(application/json|application/yaml|text/plain)$'),
      outputs: list(
        record({ name: someText, fromExpression: someText }, ['name', 'fromExpression']),
      ),
      successExpression: text,
      failureExpression: text,
      errorExpression: text,
    },
    ['url'],
  ),
  'http-download': record(
    {
      url: someText,
      outPath: someText,
      allowOverwrite: flag,
      headers: nameAndValue,
      queryParams: nameAndValue,
      insecureSkipTLSVerify: flag,
      timeout: duration,
    },
    ['url', 'outPath'],
  ),
  'oci-download': record(
    {
      imageRef: tagOrDigest,
      outPath: someText,
      allowOverwrite: flag,
      mediaType: someText,
      insecureSkipTLSVerify: flag,
    },
    ['imageRef', 'outPath'],
  ),
  'oci-push': record(
    {
      srcRef: tagOrDigest,
      destRef: imageReference('[:][a-zA-Z0-9._-]+'),
      annotations: { type: 'object', others: text },
      insecureSkipTLSVerify: flag,
    },
    ['srcRef', 'destRef'],
  ),
};
