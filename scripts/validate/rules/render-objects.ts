import type { Check } from '../rule.ts';

/** kustomize lets through what a cluster refuses, or applies twice. */
export const checkRenderedObjects: Check = function* ({ bundle }) {
  const seen = new Set<string>();
  for (const object of bundle.objects) {
    const { apiVersion, group, kind, namespace, name, kustomization } = object;
    if (kustomization === null) continue;
    const missing = Object.entries({ apiVersion, kind, 'metadata.name': name })
      .filter(([, value]) => value === '')
      .map(([key]) => key);
    if (missing.length > 0) {
      yield {
        rule: 'kustomize/incomplete-object',
        at: object.at([]),
        message: `this object is rendered without ${missing.join(' and ')}`,
        fix: `give it ${missing.join(' and ')}`,
      };
      continue;
    }
    // Versions of a kind are views of the same object.
    const identity = [kustomization, group, kind, namespace, name].join('\n');
    if (seen.has(identity)) {
      yield {
        rule: 'kustomize/object-twice',
        at: object.at(['metadata', 'name']),
        message: `${kustomization} renders ${kind} ${name} twice, perhaps in two versions of its kind; the last one applied would win`,
        fix: 'remove or rename one',
      };
    }
    seen.add(identity);
  }
};

export const checkUnlisted: Check = function* ({ bundle, house }) {
  // Elsewhere, what stands beside a kustomization may be applied by other means.
  if (!house) return;
  for (const object of bundle.unlisted) {
    yield {
      rule: 'kustomize/not-listed',
      at: object.at([]),
      message: `no kustomization names this file, so ${object.kind} ${object.name} is never applied`,
      fix: 'add the file to `resources` of the kustomization in its folder, or remove it',
    };
  }
};
