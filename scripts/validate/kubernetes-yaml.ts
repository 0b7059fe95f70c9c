import type { ParseOptions, SchemaOptions, Tags } from 'yaml';

/** With a digit: the library takes a lone `.` for a number, Go for a text. */
const FLOAT = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/;

/**
 * How Kubernetes and Argo CD read YAML: version 1.1 (`yes` is true, 0644 is 420), but dates and times are texts.
 * Keys that stand twice are found when a file is parsed.
 */
export const KUBERNETES_YAML = {
  version: '1.1',
  customTags: (tags: Tags): Tags =>
    tags
      .filter(
        (tag) =>
          typeof tag === 'string' ||
          (tag.tag !== 'tag:yaml.org,2002:timestamp' && tag.format !== 'TIME'),
      )
      .map((tag) =>
        typeof tag !== 'string' && 'test' in tag && tag.test?.test('.') === true
          ? ({ ...tag, test: FLOAT } as typeof tag)
          : tag,
      ),
} as const satisfies ParseOptions & SchemaOptions & { readonly version: '1.1' };

/** A few lines of aliases can stand for gigabytes. */
export const MAX_ALIASES = 100;
