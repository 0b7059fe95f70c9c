import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KustomizeProgram } from '../../../scripts/kustomize/program.ts';

/**
 * A kustomize that writes another label at each call. The real one has no such generator unless plug-ins are allowed,
 * but a remote resource, or a plug-in, can do the same.
 */
export async function changingKustomize(): Promise<KustomizeProgram & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-kustomize-'));
  const path = join(folder, 'kustomize');
  await writeFile(
    path,
    `#!/bin/sh
cat <<END
apiVersion: v1
kind: ConfigMap
metadata:
  labels:
    made: "$$"
  name: recipe
END
`,
  );
  await chmod(path, 0o755);
  return {
    name: 'kustomize',
    path,
    version: '5.5.0',
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
