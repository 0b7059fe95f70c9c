import { describe, expect, test } from 'vitest';
import { loadProject, parseObjects } from '../../../scripts/kargo/index.ts';
import { PROJECT } from './small-project.ts';

function load(text: string) {
  return loadProject(PROJECT, [{ file: 'stage.yaml', text }]);
}

const STAGE = `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata:
  name: canary
spec:
  requestedFreight:
  - origin: {kind: Warehouse, name: orderbooks}
    sources: {direct: true}
  promotionTemplate:
    spec:
      steps:
      - uses: fail
        config: {message: x}
`;

describe('loading a Project', () => {
  test('names file, line and column of broken YAML', () => {
    expect(() => load('kind: Stage\nspec: [\n')).toThrow(/^stage\.yaml:3:1: /);
  });

  test('refuses a key that its map has already, at any depth', () => {
    const twice = STAGE.replace(
      'config: {message: x}',
      'config: {message: x, other: 1, message: y}',
    );
    expect(() => load(twice)).toThrow('stage.yaml:13:40: map keys must be unique');
    expect(() => load('kind: Stage\nkind: Stage\n')).toThrow('stage.yaml:2:1: map keys');
  });

  test('names the place of a wrong field, and what is wrong with it', () => {
    expect(() => load(STAGE.replace('direct: true', 'direct: 1'))).toThrow(
      'Stage canary is not what Kargo expects:\nstage.yaml:8:23: spec.requestedFreight.0.sources.direct: Invalid input: expected boolean, received number',
    );
  });

  test('refuses a key that Kargo does not know, which the API server would drop silently', () => {
    expect(() => load(STAGE.replace('config:', 'continueOnErr: true\n        config:'))).toThrow(
      /stage\.yaml:12:9: spec\.promotionTemplate\.spec\.steps\.0: Unrecognized key: "continueOnErr"/,
    );
  });

  test('refuses two objects of one name', () => {
    expect(() => load(`${STAGE}---\n${STAGE}`)).toThrow(
      'stage.yaml:18:9: a second Stage is named canary',
    );
  });

  test('refuses a document that is no object', () => {
    expect(() => load('- a\n')).toThrow('stage.yaml:1:1: expected a Kubernetes object with a kind');
  });

  test('ignores other kinds, other Projects and empty documents', () => {
    const project = load(
      `kind: ConfigMap\nmetadata: {name: x}\n---\n---\n${STAGE.replace('name: canary', 'name: canary\n  namespace: other')}`,
    );
    expect(project.stages.size).toBe(0);
  });

  test('can point at any field of what it read', () => {
    const [object] = parseObjects({ file: 'stage.yaml', text: STAGE });
    const path = ['spec', 'promotionTemplate', 'spec', 'steps', 0, 'config', 'message'];
    expect(object?.place(path)).toEqual({ file: 'stage.yaml', line: 13, column: 27 });
    expect(object?.place(['spec', 'nothing'])).toEqual({ file: 'stage.yaml', line: 5, column: 1 });
  });
});
