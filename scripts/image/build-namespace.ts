/** Where images are built: away from everything that runs. */
export const BUILD_NAMESPACE = 'orderbooks-build';

/** BuildKit makes user namespaces, which the standards `baseline` and `restricted` forbid; nothing else runs there. */
export function buildNamespace(): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: BUILD_NAMESPACE,
      labels: {
        'app.kubernetes.io/name': 'orderbooks',
        'pod-security.kubernetes.io/enforce': 'privileged',
      },
    },
  };
}
