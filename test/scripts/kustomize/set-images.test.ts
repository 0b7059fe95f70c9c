import { expect, test } from 'vitest';
import { setImages } from '../../../scripts/kustomize/set-images.ts';

const TARGETS = [{ name: 'orderbooks', newTag: '1.10' }];

test('adds images to a file that has none, and quotes what would be a number', () => {
  const { text, images } = setImages('kind: Kustomization\nresources:\n- a.yaml\n', TARGETS);
  expect(text).toBe(`kind: Kustomization
resources:
- a.yaml
images:
- name: orderbooks
  newTag: "1.10"
`);
  expect(images).toEqual(TARGETS);
});

test('gives the same bytes when it is done again', () => {
  const once = setImages('images:\n  - name: b # why\n    newTag: x\n\n# end\n', TARGETS).text;
  expect(setImages(once, TARGETS).text).toBe(once);
});

test('keeps comments, quotes and block texts, and drops blank lines and extra indent', () => {
  const text = `# licence

# kind
kind: Kustomization # what it is

resources:
    - a.yaml   # first

    - "b.yaml"
# about patches
patches:
  - patch: |-
      - op: remove

        path: /x
    target: {kind: Deployment}
    # below the patch

# images follow
images:
  # ours
  - name: orderbooks # by hand
    newName: old
    digest: sha256:1
# last words
`;
  expect(setImages(text, TARGETS).text).toBe(`# licence

# kind
kind: Kustomization # what it is
resources:
- a.yaml # first
- "b.yaml"
# about patches
patches:
- patch: |-
    - op: remove

      path: /x
  target: {kind: Deployment}
  # below the patch
# images follow
images:
# ours
- name: orderbooks # by hand
  newTag: "1.10"
# last words
`);
});

test('keeps what the file has where the new value is a star', () => {
  const text = 'images:\n- name: a\n  newName: n/a\n  newTag: v1\n- name: z\n  newTag: v9\n';
  const { images } = setImages(text, [
    { name: 'a', newName: '*', newTag: 'v2' },
    { name: 'new', newName: '*', newTag: 'v1' },
  ]);
  expect(images).toEqual([
    { name: 'a', newName: 'n/a', newTag: 'v2' },
    { name: 'new', newName: '*', newTag: 'v1' },
    { name: 'z', newTag: 'v9' },
  ]);
});

test.each([
  ['', 'cannot access nested field on scalar node'],
  ['- a\n', 'invalid index format: images'],
  ['images: nginx\n', 'line 1: cannot unmarshal !!str `nginx` into []types.Image'],
  [
    'kind: [\n',
    'could not unmarshal Kustomization file: yaml: line 1: did not find expected node content',
  ],
])('refuses %j with the reason', (text, reason) => {
  expect(() => setImages(text, TARGETS)).toThrow(reason);
});
