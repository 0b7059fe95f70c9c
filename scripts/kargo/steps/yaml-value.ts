import { parseDocument, type Tags } from 'yaml';
import { readYaml, YamlSyntaxError } from '../../kustomize/yaml/read.ts';
import { Fault } from '../expr/error.ts';
import { fromJson } from '../expr/index.ts';
import type { Value } from '../expr/value.ts';

/**
 * The first document of a YAML text as Kargo reads it by way of JSON: the words of YAML 1.1 (`yes` is true), no dates,
 * every number a float64.
 *
 * @throws Fault in Go's words
 */
export function yamlValue(text: string): Value {
  try {
    readYaml(text);
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw new Fault(`error converting YAML to JSON: ${error.message}`);
  }
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'yaml-1.1',
    customTags: withoutDates,
    logLevel: 'silent',
    uniqueKeys: false,
    merge: true,
  });
  return fromJson(document.toJS({ maxAliasCount: MOST_ALIASES }));
}

/** A bomb of aliases ends here. */
const MOST_ALIASES = 1000;

/** Dates and numbers in base 60 stay texts. */
const TEXTS_TO_GO = /^tag:yaml\.org,2002:timestamp$/;

function withoutDates(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === 'string') return tag !== 'timestamp' && !/Time$/.test(tag);
    const { format } = tag as { readonly format?: string };
    return !TEXTS_TO_GO.test(tag.tag) && format !== 'TIME';
  });
}
