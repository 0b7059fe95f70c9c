import { flag, list, record, type Shape, text, texts } from './parts.ts';

/** Services that host repositories, as the generators of an ApplicationSet ask them. */
const secretKey = record({ key: text, secretName: text });
const caRef = record({ configMapName: text, key: text });
const basicAuth = record({ passwordRef: secretKey, username: text });
const bearerToken = record({ tokenRef: secretKey });

export const pullRequests: Shape = {
  azuredevops: record(
    { organization: text, project: text, repo: text },
    { api: text, labels: texts, tokenRef: secretKey },
  ),
  bitbucket: record({ owner: text, repo: text }, { api: text, basicAuth, bearerToken }),
  bitbucketServer: record(
    { api: text, project: text, repo: text },
    { basicAuth, bearerToken, caRef, insecure: flag },
  ),
  continueOnRepoNotFoundError: flag,
  filters: list(record({}, { branchMatch: text, targetBranchMatch: text, titleMatch: text })),
  gitea: record(
    { api: text, owner: text, repo: text },
    { insecure: flag, labels: texts, tokenRef: secretKey },
  ),
  github: record(
    { owner: text, repo: text },
    { api: text, appSecretName: text, labels: texts, tokenRef: secretKey },
  ),
  gitlab: record(
    { project: text },
    {
      api: text,
      caRef,
      insecure: flag,
      labels: texts,
      pullRequestState: text,
      tokenRef: secretKey,
    },
  ),
};

export const repositories: Shape = {
  awsCodeCommit: record(
    {},
    {
      allBranches: flag,
      region: text,
      role: text,
      tagFilters: list(record({ key: text }, { value: text })),
    },
  ),
  azureDevOps: record(
    { accessTokenRef: secretKey, organization: text, teamProject: text },
    { allBranches: flag, api: text },
  ),
  bitbucket: record({ appPasswordRef: secretKey, owner: text, user: text }, { allBranches: flag }),
  bitbucketServer: record(
    { api: text, project: text },
    { allBranches: flag, basicAuth, bearerToken, caRef, insecure: flag },
  ),
  cloneProtocol: text,
  filters: list(
    record(
      {},
      {
        branchMatch: text,
        labelMatch: text,
        pathsDoNotExist: texts,
        pathsExist: texts,
        repositoryMatch: text,
      },
    ),
  ),
  gitea: record(
    { api: text, owner: text },
    { allBranches: flag, excludeArchivedRepos: flag, insecure: flag, tokenRef: secretKey },
  ),
  github: record(
    { organization: text },
    {
      allBranches: flag,
      api: text,
      appSecretName: text,
      excludeArchivedRepos: flag,
      tokenRef: secretKey,
    },
  ),
  gitlab: record(
    { group: text },
    {
      allBranches: flag,
      api: text,
      caRef,
      includeArchivedRepos: flag,
      includeSharedProjects: flag,
      includeSubgroups: flag,
      insecure: flag,
      tokenRef: secretKey,
      topic: text,
    },
  ),
};
