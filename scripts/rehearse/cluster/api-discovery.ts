import { apiVersionOf, KINDS, type Kind } from './kinds.ts';

/** Version that the local cluster claims: the one on which facts/observed.md was seen. */
const VERSION = { major: '1', minor: '34', gitVersion: 'v1.34.3-rehearsal' };

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Answers for `/version`, health and the discovery documents that kubectl reads; undefined for other paths. */
export function discovery(path: string): unknown {
  const clean = path.replace(/\/$/, '');
  switch (clean) {
    case '/version':
      return { ...VERSION, gitCommit: '', gitTreeState: 'clean', platform: process.platform };
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups() };
    default:
      return resourceList(clean);
  }
}

function groups(): readonly unknown[] {
  const versions = new Map(KINDS.map((kind) => [kind.group, kind]));
  return [...versions.values()]
    .filter((kind) => kind.group !== '')
    .map((kind) => {
      const version = { groupVersion: apiVersionOf(kind), version: kind.version };
      return { name: kind.group, versions: [version], preferredVersion: version };
    });
}

function resourceList(path: string): unknown {
  const groupVersion = path.replace(/^\/apis?\//, '');
  const kinds = KINDS.filter((kind) => apiVersionOf(kind) === groupVersion);
  if (kinds.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: kinds.map(resource),
  };
}

function resource(kind: Kind): unknown {
  return {
    name: kind.plural,
    singularName: kind.kind.toLowerCase(),
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: VERBS,
  };
}
