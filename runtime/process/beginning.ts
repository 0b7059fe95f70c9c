import type { Provenance } from '../archive/row.ts';
import { loadConfiguration } from '../config/configuration.ts';
import type { Configuration } from '../config/schema.ts';
import { provenanceOf } from '../observability/identity.ts';
import { createLogger, type Logger } from '../observability/logger.ts';
import { requireDataRoot } from './data-root.ts';

/** What a long-running process knows before it does anything. */
export interface Beginning {
  readonly configuration: Configuration;
  readonly provenance: Provenance;
  readonly logger: Logger;
}

/** Reads the configuration, logs what is in effect, and looks at the data root. Throws `ConfigurationError`. */
export function begin(
  component: 'ws-recorder' | 'collector',
  options: { readonly config: string; readonly data: string },
): Beginning {
  const { value: configuration, sha256, overridden } = loadConfiguration(options.config);
  const provenance = provenanceOf(process.env, sha256);
  const logger = createLogger(configuration.log.level, { component, run_id: provenance.run_id });
  logger.info({ provenance, configuration, overridden }, 'effective configuration');
  if (overridden.length > 0) {
    logger.warn({ overridden }, 'ORDERBOOKS_CONFIG_OVERRIDES is in effect');
  }
  requireDataRoot(options.data);
  return { configuration, provenance, logger };
}
