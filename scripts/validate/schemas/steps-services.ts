import { z } from 'zod';
import {
  anything,
  atMostOne,
  choice,
  computed,
  constrained,
  filled,
  flag,
  form,
  isTrue,
  list,
  notBoth,
  record,
  someText,
  text,
  textMap,
} from './computed.ts';
import type { Schema } from './parts.ts';
import * as parts from './parts.ts';
import { goDuration } from './steps-git.ts';

const selector = constrained(
  {
    anyOf: [
      { required: ['matchLabels'], properties: { matchLabels: { minProperties: 1 } } },
      { required: ['matchExpressions'], properties: { matchExpressions: { minItems: 1 } } },
    ],
    'x-expected': 'matchLabels or matchExpressions that are not empty',
  },
  {},
  {
    matchLabels: textMap.describe('Labels that an Application must have.'),
    matchExpressions: list(
      record(
        { key: someText, operator: choice('In', 'NotIn', 'Exists', 'DoesNotExist') },
        { values: list(text) },
      ),
    ).describe('Conditions on labels.'),
  },
);

/** An Application by name, or several by their labels. */
const nameOrSelector = {
  allOf: [
    {
      ...notBoth({ ...filled('name'), selector: { type: 'object' } }),
      'x-expected': 'either name or selector',
    },
    {
      anyOf: [{ required: ['name'] }, { required: ['selector'] }],
      'x-expected': 'a name or a selector',
    },
  ],
};
const application = {
  name: someText.describe('Name of the Application.'),
  namespace: someText.describe("Its namespace; otherwise Argo CD's."),
  selector,
};

const sourceUpdate = constrained(
  {
    allOf: [
      {
        not: {
          required: ['updateTargetRevision'],
          properties: {
            ...isTrue('updateTargetRevision'),
            desiredRevision: { enum: ['', null] },
          },
        },
        'x-expected': 'a desiredRevision beside updateTargetRevision: true',
      },
    ],
  },
  { repoURL: someText.describe("Must be the Application's repoURL, byte by byte.") },
  {
    chart: someText.describe('Chart, where the source is one.'),
    desiredRevision: someText.describe('What the Application must be synced to.'),
    updateTargetRevision: flag.describe('Write the desired revision into the Application.'),
    helm: record({
      images: list(record({ key: someText, value: text }), 1).describe('Parameters to set.'),
    }),
    kustomize: record(
      {},
      {
        images: list(
          constrained(
            { allOf: atMostOne(['digest', 'tag']) },
            { repoURL: someText },
            { tag: text, digest: text, newName: someText },
          ),
          1,
        ).describe('Images to set in the Application.'),
      },
    ),
  },
);

const nameAndValue = record({ name: someText, value: someText });
const request = {
  headers: list(nameAndValue).describe('Headers of the request.'),
  queryParams: list(nameAndValue).describe('Parameters of the address.'),
  insecureSkipTLSVerify: flag.describe("Do not check the server's certificate."),
  timeout: goDuration,
};

const ociReference = form(
  /^(oci:\/\/)?[a-zA-Z0-9._-]+(:\d+)?(\/[a-zA-Z0-9._-]+)*[@:][a-zA-Z0-9._:-]+$/,
  'a reference with tag or digest, such as ghcr.io/owner/name:tag',
);

export const serviceSteps: Readonly<Record<string, Schema>> = {
  'argocd-update': record({
    apps: list(
      constrained(
        nameOrSelector,
        {},
        {
          ...application,
          sources: list(sourceUpdate, 1).describe('What to change in its sources.'),
        },
      ),
      1,
    ).describe('Applications to update and sync.'),
  }),
  'argocd-wait': record({
    apps: list(
      constrained(
        nameOrSelector,
        {},
        {
          ...application,
          waitFor: computed(
            parts.withKeywords(
              parts.list(choice('health', 'sync', 'operation', 'suspended', 'degraded'), 1),
              { uniqueItems: true },
            ),
          ).describe('What must be so.'),
        },
      ),
      1,
    ).describe('Applications to wait for.'),
  }),
  fail: record({}, { message: someText.describe('Why; people read it in the UI.') }),
  http: record(
    { url: someText.describe('Where to send the request.') },
    {
      ...request,
      method: form(/^(DELETE|GET|HEAD|PATCH|POST|PUT)$/, 'DELETE, GET, HEAD, PATCH, POST or PUT'),
      body: text.describe('Body of the request.'),
      proxy: form(/^https?:\/\/.*$/, 'the address of a proxy, http:// or https://'),
      pollInterval: goDuration,
      responseContentType: form(
        /^(application\/json|application\/yaml|text\/plain)$/,
        'application/json, application/yaml or text/plain',
      ),
      outputs: list(record({ name: someText, fromExpression: someText })).describe(
        'Values to take from the response.',
      ),
      successExpression: text.describe('When the step has succeeded.'),
      failureExpression: text.describe('When the step has failed.'),
      errorExpression: text.describe('When the step is to be tried again.'),
    },
  ),
  'http-download': record(
    { url: someText.describe('What to fetch.'), outPath: someText.describe('Where to write.') },
    { ...request, allowOverwrite: flag.describe('Replace a file that is there.') },
  ),
  'oci-download': record(
    { imageRef: ociReference, outPath: someText.describe('Where to write.') },
    {
      allowOverwrite: flag.describe('Replace a file that is there.'),
      mediaType: someText.describe('Which layer to take.'),
      insecureSkipTLSVerify: request.insecureSkipTLSVerify,
    },
  ),
  'oci-push': record(
    {
      srcRef: ociReference,
      destRef: form(
        /^(oci:\/\/)?[a-zA-Z0-9._-]+(:\d+)?(\/[a-zA-Z0-9._-]+)*[:][a-zA-Z0-9._-]+$/,
        'a reference with tag, such as ghcr.io/owner/name:tag',
      ),
    },
    {
      annotations: textMap.describe('Annotations to set.'),
      insecureSkipTLSVerify: request.insecureSkipTLSVerify,
    },
  ),
  'set-freight-alias': record({
    name: someText.describe('Name of the Freight.'),
    alias: someText.describe('The new alias.'),
  }),
  'set-metadata': record({
    updates: list(
      record({
        kind: choice('Stage', 'Freight'),
        name: someText.describe('Name of the Stage or Freight.'),
        values: computed(z.record(z.string(), anything).meta({ minProperties: 1 })).describe(
          'What to remember, by key.',
        ),
      }),
      1,
    ).describe('What to remember where.'),
  }),
};
