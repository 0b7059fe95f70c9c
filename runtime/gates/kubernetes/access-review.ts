import { z } from 'zod';
import type { Api } from './api.ts';
import type { PolicyRule } from './permissions.ts';

/** Rights that a run needs in one namespace. */
export interface NeededRights {
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
  /** Of the one object, where a Role may be restricted to names. */
  readonly name?: string;
}

const review = z.object({
  kind: z.literal('SelfSubjectAccessReview'),
  status: z.object({ allowed: z.boolean() }),
});

/** What of `needed` we may not do, `verb resource in namespace` each, in their order. Asks the API server; changes nothing. */
export async function missingRights(
  api: Api,
  needed: readonly NeededRights[],
): Promise<readonly string[]> {
  const asked = needed.flatMap(({ namespace, rules, name }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => ({ namespace, group, resource, verb, name })),
        ),
      ),
    ),
  );
  const answers = await Promise.all(asked.map((one) => isAllowed(api, one)));
  return asked
    .filter((_one, index) => answers[index] !== true)
    .map(({ namespace, group, resource, verb }) => {
      const kind = group === '' ? resource : `${resource}.${group}`;
      return `${verb} ${kind} in namespace ${namespace}`;
    });
}

async function isAllowed(
  api: Api,
  {
    namespace,
    group,
    resource,
    verb,
    name,
  }: {
    readonly namespace: string;
    readonly group: string;
    readonly resource: string;
    readonly verb: string;
    readonly name: string | undefined;
  },
): Promise<boolean> {
  const [plain, subresource] = resource.split('/');
  const answer = await api.json(
    {
      verb: 'create',
      group: 'authorization.k8s.io',
      version: 'v1',
      resource: 'selfsubjectaccessreviews',
      namespace: '',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: {
          resourceAttributes: {
            namespace,
            group,
            verb,
            resource: plain,
            ...(name === undefined ? {} : { name }),
            ...(subresource === undefined ? {} : { subresource }),
          },
        },
      },
    },
    review,
  );
  return answer.status.allowed;
}
