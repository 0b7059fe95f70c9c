import type { BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { KARGO, writtenSteps } from '../written-steps.ts';

/** Fields that go away, or that only the Enterprise edition looks at (Kargo 1.11, Argo CD 3.5: their release notes). */
export const checkOutdated: Check = function* ({ bundle }) {
  for (const object of bundle.objects) {
    for (const [path, about] of fieldsIn(object)) {
      if (valueAt(object.value, path) === undefined) continue;
      yield draft(object, path, about);
    }
    if (object.kind === 'Warehouse' && object.group === KARGO) yield* sshUrls(object);
  }
};

interface About {
  readonly enterprise?: true;
  readonly what: string;
  readonly fix: string;
}

const TAGS: About = {
  what: 'goes away with Kargo 1.13; for images, discovery fails with it from 1.11 on',
  fix: 'use allowTagsRegexes or ignoreTagsRegexes',
};
const SIGNATURE_KEYS: About = {
  what: 'is deprecated since Argo CD 3.5',
  fix: 'use sourceIntegrity.git.policies',
};
const ENTERPRISE =
  'is looked at by the Enterprise edition only; the open-source edition ignores it';

function* fieldsIn(object: BundleObject): Generator<readonly [Path, About]> {
  const { group, kind, value } = object;
  if (kind === 'AppProject') yield [['spec', 'signatureKeys'], SIGNATURE_KEYS];
  if (group !== KARGO) return;
  if (kind === 'Project') {
    yield [
      ['spec'],
      { what: 'is deprecated: a Project has no spec any more', fix: 'move it to a ProjectConfig' },
    ];
  }
  if (kind === 'ProjectConfig') {
    const path: Path = ['spec', 'promotionPolicies'];
    for (const index of items(valueAt(value, path)).keys()) {
      yield [
        [...path, index, 'stage'],
        { what: 'is deprecated', fix: 'use stageSelector: {name: …}' },
      ];
      yield [
        [...path, index, 'autoRollback'],
        { enterprise: true, what: ENTERPRISE, fix: 'remove it' },
      ];
    }
    yield [
      ['spec', 'promotionWindows'],
      {
        enterprise: true,
        what: ENTERPRISE,
        fix: 'use a gate step, an admission policy or a sync window',
      },
    ];
  }
  if (kind === 'Warehouse') {
    for (const [index, subscription] of items(
      valueAt(value, ['spec', 'subscriptions']),
    ).entries()) {
      for (const key of Object.keys(fields(subscription))) {
        for (const name of ['allowTags', 'ignoreTags']) {
          yield [['spec', 'subscriptions', index, key, name], TAGS];
        }
      }
    }
  }
  for (const { path, value: step } of writtenSteps(object)) {
    const config: Path = [...path, 'config'];
    if (step['uses'] === 'git-commit') {
      yield [
        [...config, 'author'],
        { what: 'goes away with Kargo 1.12', fix: 'give the author to git-clone' },
      ];
    }
    if (step['uses'] === 'git-open-pr') {
      yield [[...config, 'createTargetBranch'], { what: 'is deprecated', fix: 'remove it' }];
    }
  }
}

function draft(object: BundleObject, path: Path, { enterprise, what, fix }: About): Draft {
  return {
    rule: enterprise === true ? 'kargo/enterprise-only' : 'kargo/deprecated',
    at: object.atKey(path),
    message: `${object.kind} ${object.name}: ${path.join('.')} ${what}`,
    fix,
  };
}

function* sshUrls(warehouse: BundleObject): Generator<Draft> {
  const path: Path = ['spec', 'subscriptions'];
  for (const [index, subscription] of items(valueAt(warehouse.value, path)).entries()) {
    const url = text(valueAt(subscription, ['git', 'repoURL']));
    if (!/^(ssh:\/\/|[^/@]+@[^/:]+:)/.test(url)) continue;
    const at: Path = [...path, index, 'git', 'repoURL'];
    yield {
      rule: 'kargo/deprecated',
      at: warehouse.at(at),
      message: `Warehouse ${warehouse.name}: ${at.join('.')} is an SSH address, which goes away with Kargo 1.13`,
      fix: 'use https with a token',
    };
  }
}
