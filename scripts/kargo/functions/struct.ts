import { declareStruct, HostObject } from '../expr/host.ts';
import type { Value } from '../expr/value.ts';

/** How Go writes one field of a struct as JSON. */
export interface JsonField {
  readonly name: string;
  readonly value: Value;
}

/** A struct of Kargo's API as an expression sees it: Go names of fields, and JSON names where it is written as JSON. */
export class KargoStruct extends HostObject {
  readonly json: readonly JsonField[];

  constructor(type: string, fields: Readonly<Record<string, Value>>, json: readonly JsonField[]) {
    super(type, fields);
    this.json = json;
  }
}

const TEXTS_MAP = 'map[string]string';

declareStruct('v1alpha1.Image', {
  fields: { RepoURL: 'string', Tag: 'string', Digest: 'string', Annotations: TEXTS_MAP },
});
declareStruct('v1alpha1.GitCommit', {
  fields: {
    RepoURL: 'string',
    ID: 'string',
    Branch: 'string',
    Tag: 'string',
    Message: 'string',
    Author: 'string',
    Committer: 'string',
  },
});
declareStruct('v1alpha1.Chart', {
  fields: { RepoURL: 'string', Name: 'string', Version: 'string' },
});
declareStruct('v1alpha1.FreightOrigin', { fields: { Kind: 'string', Name: 'string' } });
declareStruct('function.expressionFriendlyArtifactReference', {
  fields: {
    ArtifactType: 'string',
    SubscriptionName: 'string',
    Version: 'string',
    Metadata: 'map[string]interface {}',
  },
});

/** A struct whose JSON leaves out empty fields. The fields are in Go's order. */
export function apiStruct(type: string, fields: Readonly<Record<string, Value>>): KargoStruct {
  const json = Object.entries(fields)
    .filter(([, value]) => value !== '' && value !== null)
    .map(([name, value]) => ({ name: jsonName(name), value }));
  return new KargoStruct(type, fields, json);
}

/** A struct without JSON names. */
export function plainStruct(type: string, fields: Readonly<Record<string, Value>>): KargoStruct {
  const json = Object.entries(fields).map(([name, value]) => ({ name, value }));
  return new KargoStruct(type, fields, json);
}

function jsonName(name: string): string {
  return name === 'ID' ? 'id' : name.charAt(0).toLowerCase() + name.slice(1);
}
