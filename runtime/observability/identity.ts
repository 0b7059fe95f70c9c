import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Provenance } from '../archive/row.ts';

/** Who this run is, from the environment that the manifests give: release, place, and a new run id. */
export function provenanceOf(
  environment: Readonly<Record<string, string | undefined>>,
  configSha256: string,
): Provenance {
  return {
    run_id: randomBytes(6).toString('hex'),
    git_sha: environment['ORDERBOOKS_REVISION'] ?? '',
    image: environment['ORDERBOOKS_IMAGE'] ?? '',
    config_sha256: configSha256,
    pod: environment['POD_NAME'] ?? hostname(),
  };
}
