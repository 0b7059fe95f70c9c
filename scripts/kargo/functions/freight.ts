import { Fault } from '../expr/error.ts';
import type { FunctionTable } from '../expr/host.ts';
import { fromJson } from '../expr/index.ts';
import { textMap, type Value } from '../expr/value.ts';
import {
  type ArtifactProblem,
  type FreightSources,
  findArtifact,
  findChart,
  findCommit,
  findImage,
} from '../freight-artifacts.ts';
import { originArgument, textArgument } from './argument.ts';
import { apiStruct, plainStruct } from './struct.ts';

const ORIGIN = 'v1alpha1.FreightOrigin';
const FIRST = 'first argument';

/** Functions that find artifacts of the Promotion's Freight, and `warehouse()`, which names an origin. */
export function freightFunctions(sources: FreightSources): FunctionTable {
  return {
    warehouse: {
      types: [`func(string) ${ORIGIN}`],
      call: (name) => {
        const warehouse = textArgument(name);
        if (warehouse === '') throw new Fault('name must not be empty');
        return apiStruct(ORIGIN, { Kind: 'Warehouse', Name: warehouse });
      },
    },
    imageFrom: {
      types: withOrigin('func(string', 'v1alpha1.Image'),
      call: (repository, origin) => {
        const image = found(findImage(sources, textArgument(repository, FIRST), second(origin)));
        if (image === null) return null;
        const { repoURL, tag = '', digest = '', annotations } = image;
        return apiStruct('*v1alpha1.Image', {
          RepoURL: repoURL,
          Tag: tag,
          Digest: digest,
          Annotations: annotations === undefined ? null : textMap(annotations),
        });
      },
    },
    commitFrom: {
      types: withOrigin('func(string', 'v1alpha1.GitCommit'),
      call: (repository, origin) => {
        const commit = found(findCommit(sources, textArgument(repository, FIRST), second(origin)));
        if (commit === null) return null;
        return apiStruct('*v1alpha1.GitCommit', {
          RepoURL: commit.repoURL,
          ID: commit.id,
          Branch: commit.branch ?? '',
          Tag: commit.tag ?? '',
          Message: commit.message ?? '',
          Author: commit.author ?? '',
          Committer: commit.committer ?? '',
        });
      },
    },
    chartFrom: {
      types: [
        ...withOrigin('func(string, string', 'v1alpha1.Chart'),
        ...withOrigin('func(string', 'v1alpha1.Chart'),
      ],
      call: (repository, nameOrOrigin, origin) => {
        const name = typeof nameOrOrigin === 'string' ? nameOrOrigin : '';
        const given = typeof nameOrOrigin === 'string' ? origin : nameOrOrigin;
        const which = given === origin ? 'third argument' : 'second argument';
        const chart = found(
          findChart(sources, textArgument(repository, FIRST), name, originArgument(given, which)),
        );
        if (chart === null) return null;
        return apiStruct('*v1alpha1.Chart', {
          RepoURL: textOf(chart['repoURL']),
          Name: textOf(chart['name']),
          Version: textOf(chart['version']),
        });
      },
    },
    artifactFrom: {
      types: withOrigin('func(string', 'function.expressionFriendlyArtifactReference'),
      call: (subscription, origin) => {
        const artifact = found(
          findArtifact(sources, textArgument(subscription, FIRST), second(origin)),
        );
        if (artifact === null) return null;
        return plainStruct('function.expressionFriendlyArtifactReference', {
          ArtifactType: textOf(artifact['artifactType']),
          SubscriptionName: textOf(artifact['subscriptionName']),
          Version: textOf(artifact['version']),
          Metadata: fromJson(artifact['metadata'] ?? {}),
        });
      },
    },
  };
}

function withOrigin(parameters: string, result: string): readonly string[] {
  return [`${parameters}, ${ORIGIN}) ${result}`, `${parameters}) ${result}`];
}

function second(origin: Value | undefined): string | undefined {
  return originArgument(origin, 'second argument');
}

function found<T extends object>(result: T | null | ArtifactProblem): T | null {
  if (result !== null && 'problem' in result) throw new Fault(String(result.problem));
  return result;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
